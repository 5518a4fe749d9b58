//! `cargo xtask size`: how large the page is on its way to a browser.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::table::{Table, number};

/// The package whose build script builds the page.
const BUNDLE: &str = "parcero-bundle";

/// Builds the page as it ships, and prints its files.
pub(crate) async fn run() -> anyhow::Result<()> {
    let out = build_script_output(&["--package", BUNDLE], BUNDLE, &[]).await?;
    let packed = out.join("packed");
    let mut files: Vec<_> = fs::read_dir(&packed)
        .with_context(|| format!("{} cannot be read", packed.display()))?
        .map(|entry| anyhow::Ok(entry?.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| {
        file.extension()
            .is_none_or(|ending| ending != "br" && ending != "gz")
    });
    files.sort();

    let mut table = Table::new(&["file", "identity", "gzip", "brotli"]);
    let mut total = [0; 3];
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut row = vec![name.clone().into_owned()];
        for (sum, ending) in total.iter_mut().zip(["", ".gz", ".br"]) {
            let bytes = fs::metadata(file.with_file_name(format!("{name}{ending}")))?.len();
            *sum += bytes;
            row.push(number(Some(bytes as f64)));
        }
        table.add(row);
    }
    table.add(
        [
            vec!["all".into()],
            total.map(|bytes| number(Some(bytes as f64))).to_vec(),
        ]
        .concat(),
    );
    println!("The page, in bytes\n");
    table.print();
    Ok(())
}

/// Has cargo build something in release, and tells where the build script of `package` put what it made.
pub(crate) async fn build_script_output(
    arguments: &[&str],
    package: &str,
    environment: &[(&str, &str)],
) -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--message-format=json-render-diagnostics"])
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("cargo cannot be run")?;
    ensure!(output.status.success(), "cargo could not build {package}");
    // A package id ends in `path#name@version`, or in `name#version` where the folder is called like the package.
    let is_its = |id: &str| id.contains(&format!("#{package}@")) || id.contains(&format!("/{package}#"));
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "build-script-executed")
        .find(|message| message["package_id"].as_str().is_some_and(is_its))
        .and_then(|message| Some(message["out_dir"].as_str()?.into()))
        .with_context(|| format!("cargo did not say where it built {package}"))
}
