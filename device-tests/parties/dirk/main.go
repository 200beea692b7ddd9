// Asks a running dirk to list, sign and make accounts.
//
//	dirk-client HOST:PORT CERTIFICATES list WALLET
//	dirk-client HOST:PORT CERTIFICATES sign ACCOUNT DATA DOMAIN
//	dirk-client HOST:PORT CERTIFICATES attest ACCOUNT SOURCE TARGET DOMAIN
//	dirk-client HOST:PORT CERTIFICATES propose ACCOUNT SLOT DOMAIN
//	dirk-client HOST:PORT CERTIFICATES generate ACCOUNT PASSPHRASE PARTICIPANTS THRESHOLD
//
// CERTIFICATES is a folder with client.crt, client.key and ca.crt. Prints dirk's answer as JSON.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	pb "github.com/wealdtech/eth2-signer-api/pb/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

type account struct {
	Name      string `json:"name"`
	PublicKey string `json:"pubkey"`
	Composite string `json:"composite_pubkey,omitempty"`
	Threshold uint32 `json:"threshold,omitempty"`
}

type answer struct {
	State     string    `json:"state"`
	Accounts  []account `json:"accounts,omitempty"`
	Signature string    `json:"signature,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 4 {
		return errors.New("usage: dirk-client HOST:PORT CERTIFICATES list|sign|attest|propose ..")
	}
	transport, err := transport(args[1])
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(args[0], grpc.WithTransportCredentials(transport))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	given, err := ask(ctx, connection, args[2], args[3], args[4:])
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(given)
}

func transport(folder string) (credentials.TransportCredentials, error) {
	file := func(name string) string { return filepath.Join(folder, name) }
	own, err := tls.LoadX509KeyPair(file("client.crt"), file("client.key"))
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(file("ca.crt"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, errors.New("ca.crt: not a certificate")
	}
	return credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{own},
		RootCAs:      pool,
		MinVersion:   tls.VersionTLS13,
	}), nil
}

func ask(ctx context.Context, to *grpc.ClientConn, what, name string, rest []string) (*answer, error) {
	signer := pb.NewSignerClient(to)
	switch {
	case what == "list" && len(rest) == 0:
		return list(ctx, pb.NewListerClient(to), name)
	case what == "sign" && len(rest) == 2:
		id := &pb.SignRequest_Account{Account: name}
		return signed(signer.Sign(ctx, &pb.SignRequest{Id: id, Data: bytes(rest[0]), Domain: bytes(rest[1])}))
	case what == "attest" && len(rest) == 3:
		id := &pb.SignBeaconAttestationRequest_Account{Account: name}
		source, target := number(rest[0]), number(rest[1])
		return signed(signer.SignBeaconAttestation(ctx, &pb.SignBeaconAttestationRequest{
			Id:     id,
			Domain: bytes(rest[2]),
			Data: &pb.AttestationData{
				Slot:            target * 32,
				BeaconBlockRoot: make([]byte, 32),
				Source:          &pb.Checkpoint{Epoch: source, Root: make([]byte, 32)},
				Target:          &pb.Checkpoint{Epoch: target, Root: make([]byte, 32)},
			},
		}))
	case what == "propose" && len(rest) == 2:
		id := &pb.SignBeaconProposalRequest_Account{Account: name}
		return signed(signer.SignBeaconProposal(ctx, &pb.SignBeaconProposalRequest{
			Id:     id,
			Domain: bytes(rest[1]),
			Data: &pb.BeaconBlockHeader{
				Slot:       number(rest[0]),
				ParentRoot: make([]byte, 32),
				StateRoot:  make([]byte, 32),
				BodyRoot:   make([]byte, 32),
			},
		}))
	case what == "generate" && len(rest) == 3:
		given, err := pb.NewAccountManagerClient(to).Generate(ctx, &pb.GenerateRequest{
			Account: name, Passphrase: []byte(rest[0]),
			Participants: uint32(number(rest[1])), SigningThreshold: uint32(number(rest[2])),
		})
		if err != nil {
			return nil, err
		}
		return &answer{State: given.GetState().String()}, nil
	default:
		return nil, errors.New("neither list, sign, attest, propose nor generate")
	}
}

func list(ctx context.Context, lister pb.ListerClient, wallet string) (*answer, error) {
	given, err := lister.ListAccounts(ctx, &pb.ListAccountsRequest{Paths: []string{wallet}})
	if err != nil {
		return nil, err
	}
	all := &answer{State: given.GetState().String()}
	for _, one := range given.GetAccounts() {
		all.Accounts = append(all.Accounts, account{
			Name: one.GetName(), PublicKey: hex.EncodeToString(one.GetPublicKey()),
		})
	}
	for _, one := range given.GetDistributedAccounts() {
		all.Accounts = append(all.Accounts, account{
			Name:      one.GetName(),
			PublicKey: hex.EncodeToString(one.GetPublicKey()),
			Composite: hex.EncodeToString(one.GetCompositePublicKey()),
			Threshold: one.GetSigningThreshold(),
		})
	}
	return all, nil
}

func signed(given *pb.SignResponse, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{State: given.GetState().String(), Signature: hex.EncodeToString(given.GetSignature())}, nil
}

// What is not hexadecimal is nothing, which dirk refuses.
func bytes(text string) []byte {
	decoded, _ := hex.DecodeString(text)
	return decoded
}

func number(text string) uint64 {
	parsed, _ := strconv.ParseUint(text, 10, 64)
	return parsed
}
