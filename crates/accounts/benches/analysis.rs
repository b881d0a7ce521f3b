//! How long the analysis of a decision map takes: `cargo bench -p keynode-accounts`.
//!
//! The promise is 500 people and 5,000 influences in under 10 ms on one core. Every map is
//! made from a fixed seed, so two runs measure the same.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use keynode_accounts::analysis::{Person, Settings, Subject, analyze};
use keynode_proto::accounts::v1::{Attitude, Coverage, Function, Influence, StakeholderRole};

const RUNS: usize = 500;
const PROMISE: Duration = Duration::from_millis(10);

/// Who influences whom: the n-th of all influences among so many people.
type Shape = fn(n: usize, people: usize, random: &mut Random) -> (usize, usize);

const SHAPES: [(&str, Shape); 3] = [
    ("circle", |n, people, _| {
        (n % people, (n + 1 + n / people) % people)
    }),
    ("random", |_, people, random| {
        (random.below(people), random.below(people))
    }),
    ("chain", |n, people, _| {
        (n % (people - 1), n % (people - 1) + 1)
    }),
];

fn main() {
    for (name, shape) in SHAPES {
        for decide in [20, 1] {
            let small = measure(&Map::new(50, 500, decide, shape));
            let large = measure(&Map::new(500, 5_000, decide, shape));
            report(name, decide, small, large);
        }
    }
}

fn report(name: &str, decide: usize, small: Times, large: Times) {
    let ratio = large.median.as_secs_f64() / small.median.as_secs_f64();
    println!(
        "{name:<7} 1 of {decide:<2} decides  50 people, 500 influences: median {:>9.3?} p99 {:>9.3?}  \
         500 people, 5000 influences: median {:>9.3?} p99 {:>9.3?}  ratio {ratio:.1}",
        small.median, small.p99, large.median, large.p99,
    );
    assert!(
        large.median < PROMISE,
        "the promise of {PROMISE:?} is broken"
    );
}

#[derive(Clone, Copy)]
struct Times {
    median: Duration,
    p99: Duration,
}

fn measure(map: &Map) -> Times {
    let settings = Settings::default();
    let subject = Subject {
        people: &map.people,
        influences: &map.influences,
        criteria: &[],
        competitors: &[],
        departments: &[],
        settings: &settings,
    };
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(analyze(black_box(&subject)));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    Times {
        median: times[RUNS / 2],
        p99: times[RUNS * 99 / 100],
    }
}

struct Map {
    people: Vec<Person>,
    influences: Vec<Influence>,
}

impl Map {
    /// One of `decide` people decides.
    fn new(people: usize, influences: usize, decide: usize, shape: Shape) -> Self {
        let mut random = Random(20_260_701);
        Self {
            people: (0..people)
                .map(|n| person(n, decide, &mut random))
                .collect(),
            influences: (0..influences)
                .map(|n| {
                    let (from, to) = shape(n, people, &mut random);
                    Influence {
                        from: contact(from),
                        to: contact(to),
                        strength: 1 + random.below(100) as i32,
                        ..Influence::default()
                    }
                })
                .collect(),
        }
    }
}

/// One of fifty supports us, one of ten opposes us; names are as long as real ones.
fn person(n: usize, decide: usize, random: &mut Random) -> Person {
    Person {
        contact: contact(n),
        display_name: format!("人{n}"),
        function: Function::Technical,
        department: format!("部门{}", n % 12),
        is_at_customer: true,
        roles: vec![match n % decide {
            0 => StakeholderRole::DecisionMaker,
            _ => StakeholderRole::Other,
        }],
        weight: Some(1),
        attitude: match random.below(50) {
            0 => Attitude::Supporter,
            1..=5 => Attitude::Opponent,
            6..=15 => Attitude::Sceptic,
            _ => Attitude::Unspecified,
        },
        coverage: Coverage::NoContact,
        supported_competitors: Vec::new(),
    }
}

fn contact(n: usize) -> String {
    format!("contacts/0197c3f0-0000-7000-8000-{n:012}")
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
