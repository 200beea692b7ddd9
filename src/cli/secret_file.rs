//! Files with tokens, AppRoles and certificates.

use std::path::Path;

use stockade::{secret::SecretText, store::private_file};
use stockade_services::vault::Login;
use zeroize::Zeroizing;

use crate::error::CommandError;

/// The longest file of certificates.
const MAX_CA: u64 = 4 * 1024 * 1024;
const MAX_TOKEN: u64 = 64 * 1024;

/// A file of certificates (PEM), if one is named.
pub fn read_ca(file: Option<&Path>) -> Result<Option<Vec<u8>>, CommandError> {
    Ok(file.map(|file| private_file::read(file, MAX_CA)).transpose()?)
}

/// The token in a file: one line.
pub fn read_token(file: &Path) -> Result<SecretText, CommandError> {
    let text = read_text(file)?;
    let token = text.trim();
    let no_token = |hint: &str| {
        Err(CommandError::input(format!("{}: not a token", crate::shown(&file))).with_hint(hint))
    };
    if token.lines().count() > 1 {
        return no_token(
            "a token is one line. Older versions of Prysm write two: the second line is the token",
        );
    }
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return no_token(
            "a token is one line of letters and digits. Web3signer needs none: write any word",
        );
    }
    Ok(SecretText::new(token.to_owned()))
}

/// An AppRole: the role's id, and its secret id in the second line, which `wrapped` makes a wrapping
/// token.
pub fn read_approle(
    file: &Path,
    mount: Option<&str>,
    wrapped: bool,
) -> Result<Login, CommandError> {
    let content = read_text(file)?;
    let text = |line: &str| SecretText::new(line.trim().to_owned());
    let lines: Vec<_> = content.lines().filter(|line| !line.trim().is_empty()).collect();
    let (role_id, secret_id) = match lines.as_slice() {
        [role, secret] => (text(role), Some(text(secret))),
        [role] if !wrapped => (text(role), None),
        _ => {
            let message = format!("{}: not an AppRole", crate::shown(&file));
            return Err(CommandError::input(message)
                .with_hint("write two lines: the role's id, and its secret id"));
        }
    };
    Ok(Login::AppRole { mount: mount.unwrap_or("approle").to_owned(), role_id, secret_id, wrapped })
}

fn read_text(file: &Path) -> Result<Zeroizing<String>, CommandError> {
    let bytes = Zeroizing::new(private_file::read(file, MAX_TOKEN)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| CommandError::input(format!("{}: not UTF-8 text", crate::shown(&file))))?;
    // Some editors put a mark at the beginning.
    Ok(Zeroizing::new(text.trim_start_matches('\u{feff}').to_owned()))
}
