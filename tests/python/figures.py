"""Prints the figures of an executable on the database server in DATABASE_URL.

figures.py EXECUTABLE

Each service by itself, then all in one process: five starts, the median time from exec to
SERVING, and the resident memory after ten idle seconds of the last.
"""

import contextlib
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

import grpc

SERVICES = ["accounts", "pipeline", "scoring", "notification"]
STARTS = 5
IDLE_SECONDS = 10
SERVING = b"\x08\x01"


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def environment(port: int) -> dict[str, str]:
    server, database = os.environ["DATABASE_URL"].rsplit("/", 1)
    host = server.rsplit("@", 1)[1]
    settings = {
        "PATH": os.environ["PATH"],
        "KEYNODE_DATABASE__URL": f"postgres://{host}/{database}",
        "KEYNODE_DATABASE__ADMIN_URL": os.environ["DATABASE_URL"],
        "KEYNODE_AUTH__SERVICE_SECRET": "a secret for measuring, long enough to be taken",
        "KEYNODE_SERVER__LISTEN": f"127.0.0.1:{port}",
        "KEYNODE_OPS__LISTEN": "",
        "KEYNODE_TELEMETRY__LOG": "warn",
    }
    peers = {f"KEYNODE_PEERS__{name.upper()}": f"http://127.0.0.1:{port}" for name in SERVICES}
    return settings | peers


def until_serving(port: int) -> None:
    end = time.monotonic() + 20
    # A channel that meets a closed port waits before it tries again: knock first.
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.001)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        while time.monotonic() < end:
            with contextlib.suppress(grpc.RpcError):
                if check(b"", timeout=1) == SERVING:
                    return
            time.sleep(0.001)
    raise SystemExit("it does not come up")


def resident_mib(pid: int) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the process is gone")


def start(executable: str, services: list[str], idle: bool) -> tuple[float, float]:
    """Seconds to SERVING, and MiB after idling if asked for."""
    port = free_port()
    begun = time.monotonic()
    process = subprocess.Popen([executable, "serve", *services], env=environment(port))
    try:
        until_serving(port)
        seconds = time.monotonic() - begun
        if idle:
            time.sleep(IDLE_SECONDS)
        return seconds, resident_mib(process.pid)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    (executable,) = sys.argv[1:]
    server, database = os.environ["DATABASE_URL"].rsplit("/", 1)
    subprocess.run(["psql", "-q", f"{server}/postgres", "-c", f"create database {database}"], check=True)
    subprocess.run([executable, "migrate"], env=environment(1), check=True, capture_output=True)
    print(f"executable: {os.path.getsize(executable) / 1e6:.1f} MB")
    for services in [[service] for service in SERVICES] + [SERVICES]:
        starts = [start(executable, services, n == STARTS - 1) for n in range(STARTS)]
        times = [seconds * 1000 for seconds, _ in starts]
        name = "all in one" if len(services) > 1 else services[0]
        print(
            f"{name}: SERVING after {statistics.median(times):.0f} ms "
            f"({min(times):.0f}-{max(times):.0f}), idle {starts[-1][1]:.1f} MiB"
        )


if __name__ == "__main__":
    main()
