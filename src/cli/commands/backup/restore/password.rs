//! The password that `backup restore` is given for the restored keystores.

use std::path::Path;

use stockade::{
    backup::Layout, eth2_keystore::NewPassword, secret::SecretText, store::private_file,
};

use crate::{context::Context, error::CommandError};

/// Some clients refuse a shorter one.
const MIN_CHARACTERS: usize = 12;

/// Reads the password in `file`, if one is named.
pub fn read(file: Option<&Path>) -> Result<Option<NewPassword>, CommandError> {
    let Some(path) = file else { return Ok(None) };
    let shown = crate::shown(&path);
    let bytes = private_file::read(path, 4096)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| CommandError::input(format!("{shown}: not UTF-8 text")))?;
    let text = SecretText::new(text);
    let password = text.expose().trim_end_matches(['\r', '\n']);
    if password.chars().count() < MIN_CHARACTERS {
        let message = format!("{shown}: the password is shorter than {MIN_CHARACTERS} characters");
        let hint = "some clients refuse short passwords: use a longer one, or leave out \
                    --new-password-file for a random one";
        return Err(CommandError::input(message).with_hint(hint));
    }
    let password = NewPassword::chosen(SecretText::new(password.to_owned()));
    password.map(Some).map_err(|error| CommandError::input(format!("{shown}: {error}")))
}

/// Refuses a password that the layout's own program cannot use, before the wallet is asked for
/// anything, and names the other programs that cannot.
pub fn require_readable(
    password: Option<&NewPassword>,
    layout: Layout,
    context: &mut Context,
) -> Result<Vec<&'static str>, CommandError> {
    let Some(password) = password else { return Ok(Vec::new()) };
    layout.require_opens(password)?;
    let names: Vec<_> = password.misread_by().iter().map(|reader| reader.name()).collect();
    if !names.is_empty() {
        context.terminal.say(&format!(
            "warning: these programs cannot open keystores with this password, because it contains \
             characters that are not printable ASCII: {}",
            names.join(", ")
        ));
    }
    Ok(names)
}
