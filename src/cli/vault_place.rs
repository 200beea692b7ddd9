//! Places in Vault: the mount, its version, and the path in it.

use stockade_services::vault::{Engine, KvVersion, Vault, require_path};

use crate::{error::CommandError, vault_args::VaultArgs};

impl VaultArgs {
    /// The engine mounted at `mount`. The version that Vault reports counts: written for the other
    /// version, a key would be stored where nothing looks for it.
    pub fn engine(&self, vault: &Vault, mount: &str) -> Result<Engine, CommandError> {
        let mount = mount.trim_matches('/');
        let version = self.version(mount, vault.version_of(mount)?)?;
        Ok(Engine { mount: mount.to_owned(), version })
    }

    /// The engine of the place MOUNT/PATH, and the path in it. Vault reports where the mount ends; if a
    /// policy hides that, it ends at the first slash.
    pub fn engine_of(
        &self,
        vault: &Vault,
        mount: &str,
        path: &str,
    ) -> Result<(Engine, String), CommandError> {
        let place = format!("{mount}/{path}");
        match vault.engine_of(&place)? {
            Some((engine, path)) => {
                self.version(&engine.mount, Some(engine.version))?;
                Ok((engine, path))
            }
            None => Ok((self.engine(vault, mount)?, path.trim_matches('/').to_owned())),
        }
    }

    /// Refuses a place that Vault cannot have, before the login.
    pub fn require_place(mount: &str, path: &str) -> Result<(), CommandError> {
        match mount.trim_matches('/') {
            "" => Err(CommandError::usage("the mount of Vault has no name")),
            mount => Ok(require_path(&format!("{mount}/{}", path.trim_matches('/')))?),
        }
    }

    /// The version that Vault reports, if `--kv` does not contradict it.
    fn version(&self, mount: &str, there: Option<KvVersion>) -> Result<KvVersion, CommandError> {
        let given = self.kv.map(|kv| if kv == 1 { KvVersion::V1 } else { KvVersion::V2 });
        match (given, there) {
            (Some(given), Some(there)) if given != there => {
                let message = format!(
                    "{mount} is version {} of Vault's key/value engine, and --kv says {}",
                    there.number(),
                    given.number()
                );
                Err(CommandError::usage(message).with_hint("leave --kv out"))
            }
            (given, there) => Ok(given.or(there).unwrap_or(KvVersion::V2)),
        }
    }
}
