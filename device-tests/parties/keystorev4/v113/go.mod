module stockade-parties/keystorev4

go 1.20

require github.com/wealdtech/go-eth2-wallet-encryptor-keystorev4 v1.1.3

require (
	golang.org/x/crypto v0.0.0-20201221181555-eec23a3978ad // indirect
	golang.org/x/text v0.3.5 // indirect
)
