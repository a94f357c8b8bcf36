//! A disk that is soon full: a small one in memory, where the system lets us mount one.

use std::{fs::File, io::Write, path::PathBuf, process::Command};

use gatehouse_core::store::DataFolder;
use tempfile::TempDir;

/// A small disk with a data folder on it.
pub struct SmallDisk {
    pub folder: DataFolder,
    dir: TempDir,
}

impl SmallDisk {
    /// Mount one, or say that it is not possible here.
    pub fn mount(bytes: usize) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
            .arg(dir.path())
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("NOT TESTED HERE: a full disk needs the right to mount one (run as root)");
            return None;
        }
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        Some(Self { folder, dir })
    }

    /// Fill `bytes` of the disk, or all that is left of it, with a file that can be removed.
    pub fn ballast(&self, bytes: usize) -> PathBuf {
        let path = self.dir.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        for _ in 0..bytes / 4096 {
            if file.write_all(&[0; 4096]).is_err() {
                break;
            }
        }
        path
    }

    /// Fill the disk but for `free` bytes, in the same way.
    pub fn fill_but_for(&self, free: u64) -> PathBuf {
        let path = self.ballast(usize::MAX);
        let file = File::options().write(true).open(&path).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(free)).unwrap();
        path
    }

    pub fn make_read_only(&self) {
        let status = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(self.dir.path())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, for the test may have failed with files open.
        let unmounted = Command::new("umount")
            .arg("-l")
            .arg(self.dir.path())
            .status();
        assert!(unmounted.unwrap().success() || std::thread::panicking());
    }
}
