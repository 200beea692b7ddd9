//! From time to epoch, by a network's genesis and the length of its slots.

use super::Network;
use stockade_base::timestamp::Timestamp;

impl Network {
    /// When the first slot began, in seconds since 1970.
    pub fn genesis_time(self) -> i64 {
        match self {
            Self::Mainnet => 1_606_824_023,
            Self::Sepolia => 1_655_733_600,
            Self::Hoodi => 1_742_213_400,
            Self::Gnosis => 1_638_993_340,
            Self::Chiado => 1_665_396_300,
        }
    }

    /// The length of an epoch in seconds: 32 slots of 12 s, on Gnosis 16 slots of 5 s.
    pub fn epoch_seconds(self) -> u64 {
        let slot = match self {
            Self::Mainnet | Self::Sepolia | Self::Hoodi => 12,
            Self::Gnosis | Self::Chiado => 5,
        };
        self.epoch_slots() * slot
    }

    /// The number of slots in an epoch.
    pub fn epoch_slots(self) -> u64 {
        match self {
            Self::Mainnet | Self::Sepolia | Self::Hoodi => 32,
            Self::Gnosis | Self::Chiado => 16,
        }
    }

    /// The epoch at `time`; `None` before genesis.
    pub fn epoch_at(self, time: Timestamp) -> Option<u64> {
        let since = u64::try_from(time.unix().checked_sub(self.genesis_time())?).ok()?;
        Some(since / self.epoch_seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published times of forks: Altair (74240), Deneb (269568) and Pectra (364032) on Mainnet, Deneb
    /// (889856) on Gnosis.
    #[test]
    fn forks_began_at_their_published_times() {
        for (network, time, epoch) in [
            (Network::Mainnet, "20211027T105623Z", 74_240),
            (Network::Mainnet, "20240313T135535Z", 269_568),
            (Network::Mainnet, "20250507T100511Z", 364_032),
            (Network::Gnosis, "20240311T183020Z", 889_856),
        ] {
            let begins: Timestamp = time.parse().unwrap();
            assert_eq!(network.epoch_at(begins), Some(epoch), "{network} {time}");
            let before = Timestamp::from_unix(begins.unix() - 1).unwrap();
            assert_eq!(network.epoch_at(before), Some(epoch - 1), "{network} {time}");
        }
        assert_eq!(Network::Hoodi.epoch_at("20250317T120959Z".parse().unwrap()), None);
        assert_eq!(Network::Hoodi.epoch_at("20250317T121000Z".parse().unwrap()), Some(0));
    }
}
