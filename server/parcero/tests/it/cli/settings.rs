//! Flags over environment over file over defaults.

use crate::support::{Running, TestPeer, data_dir, parcero, run};

#[track_caller]
fn name_of(peer: &TestPeer) -> String {
    let about: serde_json::Value = serde_json::from_str(&peer.run(&["about", "--json"]).stdout).unwrap();
    about["name"].as_str().unwrap().to_owned()
}

#[test]
fn a_peer_is_called_after_its_host_unless_told_otherwise() {
    assert_eq!(name_of(&TestPeer::start(&["--name", "casa"])), "casa");
    let own = gethostname::gethostname();
    assert_eq!(name_of(&TestPeer::start(&[])), own.to_string_lossy());
}

#[test]
fn the_file_in_the_data_folder_counts_where_no_flag_does() {
    let folder = data_dir();
    let settings = "name = 'from the file'\nmax-message-bytes = 100\nlisten = ['127.0.0.1:1']\n";
    std::fs::write(folder.path().join("config.toml"), settings).unwrap();

    let peer = TestPeer::start_in(folder, "127.0.0.1:0", &[]);
    assert_eq!(name_of(&peer), "from the file");
    let ended = peer.run_with_input(&["hello", "bidi"], &"n".repeat(101));
    assert_eq!(ended.code, Some(1), "the limit of the file counts");

    let peer = peer.restart(&["--name", "from a flag"]);
    assert_eq!(name_of(&peer), "from a flag");
}

#[test]
fn the_environment_counts_over_the_file_and_under_a_flag() {
    let folder = data_dir();
    std::fs::write(folder.path().join("config.toml"), "name = 'from the file'\n").unwrap();
    let name_with = |flags: &[&str]| {
        let mut peer = Running::start(
            parcero()
                // Without the word `serve`: the environment counts there just as well.
                .args(flags)
                .env("PARCERO_DATA_DIR", folder.path())
                .env("PARCERO_LISTEN", "127.0.0.1:0")
                .env("PARCERO_NAME", "from the environment"),
        );
        peer.finish_typing();
        peer.stdout.next().unwrap();
        let about = run(parcero().args(["about", "--data-dir"]).arg(folder.path()), "").stdout;
        peer.stop();
        peer.wait();
        about.lines().next().unwrap().to_owned()
    };
    assert_eq!(name_with(&[]), "name      from the environment");
    assert_eq!(
        name_with(&["serve", "--name", "from a flag"]),
        "name      from a flag"
    );
}

#[test]
fn a_mistake_in_the_file_names_the_place() {
    let folder = data_dir();
    std::fs::write(folder.path().join("config.toml"), "nmae = 'casa'\n").unwrap();
    let ended = run(parcero().args(["serve", "--data-dir"]).arg(folder.path()), "");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("config.toml is not understood"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("nmae"), "{}", ended.stderr);
}

#[test]
fn an_origin_that_is_none_is_refused() {
    let folder = data_dir();
    let mut serve = parcero();
    serve
        .args(["serve", "--allow-origin", "localhost:8080", "--data-dir"])
        .arg(folder.path());
    let ended = run(&mut serve, "");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("is not an origin"), "{}", ended.stderr);
}
