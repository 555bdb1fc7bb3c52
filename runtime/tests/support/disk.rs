//! A small disk for a database, which can be filled.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::server::run;

/// A file system of its own in memory; it goes with this, or with the process.
pub struct Disk {
    directory: PathBuf,
    guardian: Child,
}

impl Disk {
    /// Mounts one that belongs to the server's user; `None` where only root may.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let directory: PathBuf = run("mktemp", ["-d", "/tmp/svcgen-disk-XXXXXX"])
            .trim()
            .into();
        let owner = run("id", ["-u"]);
        let options = format!("size={megabytes}m,mode=700,uid={}", owner.trim());
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&directory)
            .stderr(Stdio::null())
            .status();
        if !status.is_ok_and(|it| it.success()) {
            run("rmdir", [directory.to_str().unwrap()]);
            return None;
        }
        let script = "trap '' INT; cat; umount -l \"$0\"; rmdir \"$0\"";
        let guardian = Command::new("sh")
            .args(["-c", script])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            directory,
            guardian,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// Leaves this much of it free.
    pub fn fill_but(&self, bytes: u64) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.ballast())
            .unwrap();
        let block = [1; 4_096];
        while file.write_all(&block).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length - bytes).unwrap();
    }

    /// Takes no writes any more, as after a fault of the disk. Nothing may be open for writing.
    pub fn make_read_only(&self) {
        let status = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(&self.directory)
            .status();
        assert!(status.unwrap().success());
    }

    /// Somebody cleared up.
    pub fn clear(&self) {
        File::create(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.directory.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        self.guardian.wait().unwrap();
    }
}
