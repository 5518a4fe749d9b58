//! Folders and files that only their own account can open. On systems other than Unix the place decides: a
//! profile folder is closed to other accounts by itself.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use super::DataDirError;
#[cfg(unix)]
use super::{CONFIG, LOCK};

/// Makes the folder if it is missing, and makes sure that nobody else can look into it.
pub(super) fn folder(path: &Path) -> Result<(), DataDirError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|source| DataDirError::io("make the folder", path, source))?;
    close(path)
}

#[cfg(unix)]
fn close(path: &Path) -> Result<(), DataDirError> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let failed = |verb, source| DataDirError::io(verb, path, source);
    let metadata = fs::metadata(path).map_err(|source| failed("look at", source))?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(DataDirError::Foreign {
            path: path.to_owned(),
        });
    }
    if metadata.mode() & 0o077 == 0 {
        return Ok(());
    }
    // A slip such as `--data-dir ~` must not change the modes of a folder that serves something else.
    if !is_ours(path).map_err(|source| failed("read", source))? {
        return Err(DataDirError::Readable {
            path: path.to_owned(),
        });
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(|source| failed("close to other accounts", source))?;
    tracing::warn!("other accounts could open the data folder; closed it to them");
    Ok(())
}

/// Whether a peer has used the folder, or nobody but a person who wrote the settings for one.
#[cfg(unix)]
fn is_ours(path: &Path) -> io::Result<bool> {
    if path.join(LOCK).exists() {
        return Ok(true);
    }
    for entry in fs::read_dir(path)? {
        if entry?.file_name() != CONFIG {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(not(unix))]
fn close(_path: &Path) -> Result<(), DataDirError> {
    Ok(())
}

/// Writes a new file that only this account can read. It fails if there is one: whoever made that one could
/// read what is written to it.
pub(super) fn write_new(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(contents)
}

/// Opens the file that is locked, and makes it if it is missing.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes a file; it need not be there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether only this account can open the file.
pub(super) fn is_private(file: &File) -> io::Result<bool> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata()?);
        Ok(mode & 0o077 == 0)
    }
    #[cfg(not(unix))]
    {
        file.metadata().map(|_| true)
    }
}
