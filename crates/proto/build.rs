//! Compiles every contract under `proto/` without a system `protoc`: message types,
//! clients and servers, the descriptor set for reflection, and the table of methods
//! with the permission each one requires.

use std::path::{Path, PathBuf};
use std::{env, fmt::Write as _, fs};

use protox::prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const PERMISSION: &str = "keynode.options.v1.permission";
const REVEALS: &str = "keynode.options.v1.reveals";

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let files = contracts(&root.join("keynode"))?;

    let mut compiler = protox::Compiler::new([&root])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)?;
    // Encoded by the compiler itself: decoding into prost types would lose the options.
    let set = compiler.encode_file_descriptor_set();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptor_set.bin"), &set)?;
    let pool = compiler.descriptor_pool();
    fs::write(out.join("methods.rs"), method_table(&pool)?)?;
    fs::write(out.join("mutations.rs"), mutations(&pool)?)?;

    let mut config = prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}

fn contracts(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(contracts(&path)?);
        } else if path.extension().is_some_and(|e| e == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// One line per method; a method without a permission fails the build.
fn method_table(pool: &DescriptorPool) -> Result<String> {
    let mut table = String::from("&[\n");
    let services = pool
        .services()
        .filter(|s| s.full_name().starts_with("keynode."));
    for method in services.flat_map(|s| s.methods().collect::<Vec<_>>()) {
        let permission = option(pool, &method, PERMISSION)?
            .ok_or_else(|| format!("{} has no option ({PERMISSION})", method.full_name()))?;
        let reveals = option(pool, &method, REVEALS)?;
        let reads = method.method_descriptor_proto().options.as_ref().is_some_and(|o| {
            o.idempotency_level()
                == protox::prost_reflect::prost_types::method_options::IdempotencyLevel::NoSideEffects
        });
        writeln!(
            table,
            "    Method {{ path: \"/{}/{}\", permission: \"{permission}\", reads: {reads}, \
             reveals: {reveals:?} }},",
            method.parent_service().full_name(),
            method.name(),
        )?;
    }
    table.push(']');
    Ok(table)
}

/// Every request with a `request_id` is a mutation.
fn mutations(pool: &DescriptorPool) -> Result<String> {
    let mut code = String::new();
    for message in pool
        .all_messages()
        .filter(|m| m.get_field_by_name("request_id").is_some())
    {
        let path = rust_path(&message);
        let validate_only = match message.get_field_by_name("validate_only") {
            Some(_) => "self.validate_only",
            None => "false",
        };
        writeln!(
            code,
            "impl crate::Mutation for {path} {{ \
               fn request_id(&self) -> &str {{ &self.request_id }} \
               fn validate_only(&self) -> bool {{ {validate_only} }} }}"
        )?;
    }
    Ok(code)
}

/// `keynode.pipeline.v1.X` is `crate::keynode::pipeline::v1::X`; requests are not nested.
fn rust_path(message: &MessageDescriptor) -> String {
    format!("crate::{}", message.full_name().replace('.', "::"))
}

/// What a contract says of a method with an option of ours; none when it says nothing.
fn option(pool: &DescriptorPool, method: &MethodDescriptor, name: &str) -> Result<Option<String>> {
    let extension = pool
        .get_extension_by_name(name)
        .ok_or("options.proto is missing")?;
    let options = method.options();
    if !options.has_extension(&extension) {
        return Ok(None);
    }
    let value = options.get_extension(&extension);
    let text = value
        .as_str()
        .ok_or_else(|| format!("{name} is not a string"))?;
    Ok(Some(text.to_owned()))
}
