// Opens and makes keystores by keystorev4, in the version that go.mod pins.
//
//	keystorev4 open FILE PASSWORD_FILE    prints the secret key
//	keystorev4 make SECRET PASSWORD_FILE  prints the `crypto` of a keystore
//
// The password is the file's content as it is. Keys are those of tests, and guard nothing.
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	keystorev4 "github.com/wealdtech/go-eth2-wallet-encryptor-keystorev4"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: keystorev4 open FILE PASSWORD_FILE | make SECRET PASSWORD_FILE")
	}
	password, err := os.ReadFile(args[2])
	if err != nil {
		return err
	}
	switch args[0] {
	case "open":
		return open(args[1], string(password))
	case "make":
		return seal(args[1], string(password))
	default:
		return errors.New("neither open nor make")
	}
}

func open(file string, password string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var keystore struct {
		Crypto map[string]any `json:"crypto"`
	}
	if err := json.Unmarshal(content, &keystore); err != nil {
		return err
	}
	secret, err := keystorev4.New().Decrypt(keystore.Crypto, password)
	if err != nil {
		return err
	}
	fmt.Println(hex.EncodeToString(secret))
	return nil
}

func seal(secret string, password string) error {
	bytes, err := hex.DecodeString(secret)
	if err != nil {
		return err
	}
	crypto, err := keystorev4.New(keystorev4.WithCipher("pbkdf2")).Encrypt(bytes, password)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(crypto)
}
