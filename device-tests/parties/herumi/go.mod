// Our program on herumi's BLS library, built by .ci/parties.
module stockade.test/herumi

go 1.24.0

require github.com/herumi/bls-eth-go-binary v1.36.4
