//! A folder with a page of a few lines, and tools that do as they are told.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

/// What every module of WebAssembly begins with; nothing else need be in it.
pub(crate) const PLAIN_MODULE: &[u8] = b"\0asm\x01\0\0\0";
/// A file that cargo would not have made.
pub(crate) const NO_MODULE: &[u8] = b"no module";

const INDEX: &str = "<!doctype html><link data-trunk rel=\"css\" href=\"/style.css\"><link data-trunk rel=\"css\" \
                     href=\"/peers.css\"><script type=\"module\">import init from \"/parcero-web.js\"; \
                     init(\"/parcero-web_bg.wasm\")</script>";

/// A build of the page that has not been run yet. Unless told otherwise it is a good one.
pub(crate) struct Build {
    folder: TempDir,
    variables: Vec<(&'static str, &'static str)>,
}

impl Build {
    pub(crate) fn new() -> Self {
        let build = Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        for folder in ["tools", "libdir", "web/bundle", "target/debug/build/page/out"] {
            fs::create_dir_all(build.folder.path().join(folder)).unwrap();
        }
        for name in ["cargo", "rustc", "rustup"] {
            // A link and not a copy: a program that is being written cannot be run.
            let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stand-ins/tool.sh");
            std::os::unix::fs::symlink(tool, build.folder.path().join("tools").join(name)).unwrap();
        }
        build
            .tool("rustc", "echo \"$STAND_IN/libdir\"")
            .tool("rustup", "/bin/mkdir \"$STAND_IN/libdir\"")
            .tool("cargo", "")
            .file("web/index.html", INDEX)
            .file("web/style.css", "p { color: teal }")
            .file("web/peers.css", "")
            .module(PLAIN_MODULE)
    }

    /// What a tool does, in the words of a shell.
    pub(crate) fn tool(self, name: &str, script: &str) -> Self {
        self.file(&format!("{name}.sh"), script)
    }

    /// A machine without this tool.
    pub(crate) fn without(self, name: &str) -> Self {
        self.remove(&format!("tools/{name}"));
        self
    }

    /// A compiler without the target, until somebody adds it.
    pub(crate) fn without_target(self) -> Self {
        fs::remove_dir(self.folder.path().join("libdir")).unwrap();
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// What cargo leaves where it is not told otherwise.
    pub(crate) fn module(self, bytes: &[u8]) -> Self {
        let built = "target/web/wasm32-unknown-unknown/web-dev";
        self.file(&format!("{built}/parcero-web.wasm"), bytes).file(
            &format!("{built}/parcero-web.d"),
            "parcero-web.wasm: web/src/main.rs\n",
        )
    }

    /// Removes a file and says where it was.
    pub(crate) fn remove(&self, path: &str) -> String {
        let path = self.folder.path().join(path);
        fs::remove_file(&path).unwrap();
        path.display().to_string()
    }

    pub(crate) fn path_of(&self, tool: &str) -> String {
        self.folder.path().join("tools").join(tool).display().to_string()
    }

    /// Runs the build script as cargo would, with nothing but these tools in reach.
    pub(crate) fn run(&self) -> Ended {
        let folder = self.folder.path();
        let output = Command::new(env!("PARCERO_BUILD_SCRIPT"))
            .env_clear()
            .env("PATH", folder.join("tools"))
            .env("STAND_IN", folder)
            .env("RUSTC", self.path_of("rustc"))
            .env("CARGO", self.path_of("cargo"))
            .env("CARGO_MANIFEST_DIR", folder.join("web/bundle"))
            .env("OUT_DIR", folder.join("target/debug/build/page/out"))
            .env("DEP_PARCERO_CONTRACT_OUT", folder)
            .env("OPT_LEVEL", "0")
            .envs(self.variables.iter().copied())
            .output()
            .unwrap();
        Ended {
            is_good: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            // Where not even the compiler was asked, there is no list.
            calls: fs::read_to_string(folder.join("calls")).unwrap_or_default(),
        }
    }
}

/// How a build ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) is_good: bool,
    stdout: String,
    pub(crate) stderr: String,
    calls: String,
}

impl Ended {
    /// Whether cargo was told this.
    pub(crate) fn says(&self, line: &str) -> bool {
        self.stdout.lines().any(|said| said.starts_with(line))
    }

    /// Whether a tool was called so.
    pub(crate) fn called(&self, call: &str) -> bool {
        self.calls.lines().any(|called| called.starts_with(call))
    }

    /// Checks that it failed with one sentence, which begins so, and the way out for who needs no page.
    #[track_caller]
    pub(crate) fn fails(&self, sentence: &str) {
        assert!(!self.is_good, "{self:?}");
        let errors: Vec<_> = self
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix("cargo::error="))
            .collect();
        let expected = format!("the page was not built: {sentence}");
        assert!(
            errors.len() == 2 && errors[0].starts_with(&expected),
            "{expected}\n{self:?}"
        );
        assert_eq!(
            errors[1],
            "a peer without the page builds with --no-default-features"
        );
        let other = self.stdout.lines().find(|line| !line.starts_with("cargo::"));
        assert_eq!(other, None, "an error of more than one line");
    }
}
