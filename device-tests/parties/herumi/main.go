// Puts shares of keys together by herumi's BLS library, as charon, SSV and dirk do.
//
//	herumi EVERY < SPLITS
//
// A line of SPLITS is a threshold, the whole secret key in hexadecimal, and a share `x:secret` for each
// machine. Of each split, every group of as many shares as the threshold must give the key, and every
// group of one fewer must not. Of the first split, and then of each EVERY-th, the signatures of the last
// group must combine to one that the key's public key verifies, and those of one fewer must not. Prints
// the counts as JSON. The keys are those of tests, and guard nothing.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/herumi/bls-eth-go-binary/bls"
)

// One share, at its place.
type share struct {
	id     bls.ID
	secret bls.SecretKey
}

type counts struct {
	Splits          int `json:"splits"`
	Groups          int `json:"groups"`
	Keys            int `json:"groups_that_give_the_key"`
	SmallGroups     int `json:"groups_too_small"`
	SmallKeys       int `json:"groups_too_small_that_give_the_key"`
	Signed          int `json:"signed"`
	Signatures      int `json:"signatures_that_verify"`
	SmallSignatures int `json:"signatures_of_too_few_that_verify"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: herumi EVERY < SPLITS")
	}
	every, err := strconv.Atoi(os.Args[1])
	if err != nil || every < 1 {
		return errors.New("EVERY must be a number from 1 on")
	}
	if err := bls.Init(bls.BLS12_381); err != nil {
		return err
	}
	if err := bls.SetETHmode(bls.EthModeDraft07); err != nil {
		return err
	}
	var all counts
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := all.add(strings.Fields(lines.Text()), every); err != nil {
			return fmt.Errorf("split %d: %w", all.Splits+1, err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

func (all *counts) add(words []string, every int) error {
	if len(words) < 4 {
		return errors.New("fewer than two shares")
	}
	threshold, err := strconv.Atoi(words[0])
	if err != nil || threshold < 2 || threshold > len(words)-2 {
		return errors.New("no such threshold")
	}
	var whole bls.SecretKey
	if err := whole.DeserializeHexStr(words[1]); err != nil {
		return err
	}
	shares := make([]share, 0, len(words)-2)
	for _, word := range words[2:] {
		x, secret, found := strings.Cut(word, ":")
		var one share
		if !found {
			return errors.New("a share without its place")
		}
		if err := one.id.SetDecString(x); err != nil {
			return err
		}
		if err := one.secret.DeserializeHexStr(secret); err != nil {
			return err
		}
		shares = append(shares, one)
	}
	groups(shares, threshold, func(group []share) {
		all.Groups++
		all.Keys += count(gives(group, &whole))
	})
	groups(shares, threshold-1, func(group []share) {
		all.SmallGroups++
		all.SmallKeys += count(gives(group, &whole))
	})
	if all.Splits%every == 0 {
		last := shares[len(shares)-threshold:]
		all.Signed++
		all.Signatures += count(signs(last, &whole))
		all.SmallSignatures += count(signs(last[1:], &whole))
	}
	all.Splits++
	return nil
}

// Calls visit for each group of `size` shares.
func groups(shares []share, size int, visit func([]share)) {
	group := make([]share, 0, size)
	var choose func(from int)
	choose = func(from int) {
		if len(group) == size {
			visit(group)
			return
		}
		for i := from; i <= len(shares)-(size-len(group)); i++ {
			group = append(group, shares[i])
			choose(i + 1)
			group = group[:len(group)-1]
		}
	}
	choose(0)
}

func gives(group []share, whole *bls.SecretKey) bool {
	var secret bls.SecretKey
	secrets, ids := make([]bls.SecretKey, len(group)), make([]bls.ID, len(group))
	for i, one := range group {
		secrets[i], ids[i] = one.secret, one.id
	}
	return secret.Recover(secrets, ids) == nil && secret.IsEqual(whole)
}

func signs(group []share, whole *bls.SecretKey) bool {
	message := []byte("shares of the same key sign this")
	var joined bls.Sign
	signatures, ids := make([]bls.Sign, len(group)), make([]bls.ID, len(group))
	for i, one := range group {
		signatures[i], ids[i] = *one.secret.SignByte(message), one.id
	}
	return joined.Recover(signatures, ids) == nil && joined.VerifyByte(whole.GetPublicKey(), message)
}

func count(holds bool) int {
	if holds {
		return 1
	}
	return 0
}
