//! What a walk finds, and that files are written whole.

use super::*;

fn yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

/// The files of a walk as people see them, relative to the folder.
fn walked(world: &dyn World, folder: &Path) -> (Vec<String>, Vec<(String, bool)>) {
    let walk = world.walk(folder, &yaml);
    let relative = |path: &Path| display(path.strip_prefix(folder).unwrap_or(path));
    (
        walk.files.iter().map(|file| relative(file)).collect(),
        walk.faults
            .iter()
            .map(|fault| (relative(&fault.path), fault.leads_out))
            .collect(),
    )
}

fn put(folder: &Path, name: &str, text: &str) {
    Disk.write(&folder.join(name), text.as_bytes()).unwrap();
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = std::process::Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn dot_folders_are_walked_and_ignore_files_hide_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        ".github/a.yaml",
        "b.yaml",
        ".git/c.yaml",
        "d.txt",
        "e.yaml/f.yaml",
    ] {
        put(folder.path(), name, "");
    }
    put(folder.path(), ".ignore", "b.yaml\n");
    put(folder.path(), ".gitignore", "e.yaml\n");
    let files = [".github/a.yaml", "b.yaml", "e.yaml/f.yaml"];
    assert_eq!(
        walked(&Disk, folder.path()),
        (files.map(String::from).to_vec(), vec![])
    );
}

#[test]
fn gitignore_hides_only_what_git_does_not_track() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q"]);
    for name in [
        "kept.yaml",
        "out/tracked.yaml",
        "out/built.yaml",
        "excluded.yaml",
        "gone/a.yaml",
    ] {
        put(folder.path(), name, "");
    }
    git(folder.path(), &["add", "-f", "out/tracked.yaml"]);
    put(folder.path(), ".gitignore", "out/\ngone/\n");
    put(folder.path(), ".git/info/exclude", "excluded.yaml\n");
    let files = ["excluded.yaml", "kept.yaml", "out/tracked.yaml"];
    assert_eq!(
        walked(&Disk, folder.path()),
        (files.map(String::from).to_vec(), vec![])
    );
    // Whoever names a folder that is ignored wants it read.
    let (files, _) = walked(&Disk, &folder.path().join("gone"));
    assert_eq!(files, ["a.yaml"]);
}

#[cfg(unix)]
#[test]
fn links_stay_in_the_folder_and_end() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    put(outside.path(), "secret.yaml", "");
    put(folder.path(), "a/file.yaml", "");
    put(folder.path(), "text", "");
    let link = |to: &Path, name: &str| symlink(to, folder.path().join(name)).unwrap();
    link(Path::new(".."), "a/loop");
    link(Path::new("self.yaml"), "self.yaml");
    link(Path::new("a/file.yaml"), "twin.yaml");
    link(Path::new("text"), "other-name.yaml");
    link(outside.path(), "out");
    link(&outside.path().join("secret.yaml"), "secret.yaml");
    link(Path::new("/etc/hostname"), "LICENSE");
    assert_eq!(
        walked(&Disk, folder.path()),
        (
            vec!["a/file.yaml".into(), "other-name.yaml".into()],
            vec![
                ("out".into(), true),
                ("secret.yaml".into(), true),
                ("self.yaml".into(), false)
            ],
        )
    );
}

#[cfg(unix)]
#[test]
fn pipes_are_told_and_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(
        walked(&Disk, folder.path()),
        (vec![], vec![("pipe.yaml".into(), false)])
    );
    assert_eq!(Disk.read(&pipe).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(Disk.kind(&pipe).unwrap(), PathKind::Other);
}

#[cfg(unix)]
#[test]
fn writing_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "file", "old");
    let path = folder.path().join("file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("file", folder.path().join("link")).unwrap();
    put(folder.path(), "link", "new");
    assert_eq!(Disk.read(&path).unwrap(), b"new");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert!(
        std::fs::symlink_metadata(folder.path().join("link"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn memory_and_overlay_answer_as_a_disk_does() {
    let memory = Memory::of([("a/b.yaml", "1"), ("a/.git/c.yaml", ""), ("d.yaml", "2")]);
    assert_eq!(walked(&memory, Path::new("a")).0, ["b.yaml"]);
    assert_eq!(memory.kind(Path::new("./a")).unwrap(), PathKind::Folder);
    let mut overlay = Overlay::new(memory);
    overlay.set(Path::new("a/b.yaml"), "unsaved");
    overlay.set(Path::new("a/new.yaml"), "");
    assert_eq!(overlay.read(Path::new("a/./b.yaml")).unwrap(), b"unsaved");
    assert_eq!(walked(&overlay, Path::new("a")).0, ["b.yaml", "new.yaml"]);
    overlay.set(Path::new("./e/f/g.yaml"), "");
    assert_eq!(overlay.kind(Path::new("e")).unwrap(), PathKind::Folder);
    assert_eq!(
        walked(&overlay, Path::new("e/f")),
        (vec!["g.yaml".to_string()], Vec::new())
    );
    overlay.remove(Path::new("a/b.yaml"));
    assert_eq!(overlay.read(Path::new("a/b.yaml")).unwrap(), b"1");
}

#[test]
fn patterns_name_files_and_folders() {
    let patterns = Patterns::new(Path::new(""), ["charts/web", "*.tpl.yaml", "**/secrets/*"]).unwrap();
    let check = |file: &str, expected: Option<usize>| {
        assert_eq!(patterns.matching(Path::new(file)), expected, "{file}");
    };
    check("charts/web/templates/a.yaml", Some(0));
    check("./charts/web/a.yaml", Some(0));
    check("other/charts/web/a.yaml", None);
    check("x/y.tpl.yaml", Some(1));
    check("x/secrets/y.yaml", Some(2));
    check("../charts/web/a.yaml", None);
    assert!(Patterns::new(Path::new(""), ["[z-a]"]).is_err());
}

#[test]
fn paths_are_shown_with_slashes_and_without_a_dot_in_front() {
    assert_eq!(display(Path::new("./a/b.yaml")), "a/b.yaml");
    assert_eq!(display(Path::new("../a")), "../a");
    assert_eq!(display(Path::new(".")), ".");
    assert_eq!(normalize(Path::new("a/../../b/./c")), Path::new("../b/c"));
}

/// Runs a script in the shell, with a file `given` beside it.
#[cfg(unix)]
fn script(text: &str, timeout: Duration) -> io::Result<Ran> {
    Disk.run(&Task {
        program: &Disk.program("sh").unwrap(),
        arguments: vec!["-c".to_string(), text.to_string()],
        files: &|_| vec![(PathBuf::from("a/given"), b"text".to_vec())],
        timeout,
    })
}

#[cfg(unix)]
#[test]
fn a_program_sees_what_it_is_given_and_nothing_of_its_user() {
    let patient = Duration::from_secs(60);
    let ran = script(
        "cat a/given; pwd; echo $CARGO_MANIFEST_DIR$USER; echo no >&2; exit 3",
        patient,
    )
    .unwrap();
    assert_eq!(ran.output, format!("text{}\n\n", ran.folder.display()));
    assert_eq!((ran.code, ran.complaint.as_str()), (Some(3), "no\n"));
    assert!(Disk.kind(&ran.folder).is_err());
    let home = script("echo $HOME", patient).unwrap().output;
    assert!(
        !home.trim().is_empty() && Disk.kind(Path::new(home.trim())).is_err(),
        "{home}"
    );
}

#[cfg(unix)]
#[test]
fn a_program_without_end_is_ended_with_all_that_it_started() {
    let kind = |text: &str| script(text, Duration::from_millis(300)).unwrap_err().kind();
    assert_eq!(kind("sleep 1000 & sleep 1000"), io::ErrorKind::TimedOut);
    assert_eq!(kind("sleep 1000 & exit 0"), io::ErrorKind::TimedOut);
    let endless = script("yes", Duration::from_secs(60)).unwrap_err();
    assert_eq!(endless.kind(), io::ErrorKind::FileTooLarge);
}

#[test]
fn programs_are_found_by_name_alone() {
    assert_eq!(Disk.program("no-such-program-anywhere"), None);
    let memory = Memory::of([("a", "")]);
    assert_eq!((memory.program("sh"), memory.cache()), (None, None));
}

#[test]
fn a_folder_of_what_can_be_made_again_is_kept_small() {
    let folder = tempfile::tempdir().unwrap();
    let day = Duration::from_secs(24 * 60 * 60);
    for (name, days) in [("a", 0), ("b", 1), ("c", 2), ("d", 40)] {
        let path = folder.path().join(name);
        std::fs::write(&path, [b'x'; 10]).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - days * day)
            .unwrap();
    }
    let check = |bytes: u64, expected: &str| {
        Disk.prune(folder.path(), bytes, 30 * day);
        let walk = Disk.walk(folder.path(), &|_| true);
        let names = walk
            .files
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap());
        assert_eq!(names.collect::<String>(), expected);
    };
    check(1000, "abc");
    check(20, "ab");
    check(0, "");
    Disk.prune(&folder.path().join("none"), 0, day);
}
