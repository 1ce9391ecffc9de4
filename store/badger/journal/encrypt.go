package journal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

const (
	// sealOverhead is what encryption adds to a record, in bytes.
	sealOverhead = 16
	nonceSize    = 12
	keySize      = 32
)

// ErrKey tells that a journal was written with another key, or with none.
var ErrKey = errors.New("it was written with another encryption key, or with none")

// open gives the cipher of a segment that was written; nil is that it is not encrypted.
func (h *header) open(keys [][]byte) (cipher.AEAD, error) {
	if !h.encrypted && len(keys) == 0 {
		return nil, nil
	}
	for _, key := range keys {
		if seal, check, err := derive(key, h.salt); err != nil || h.encrypted && check == h.check {
			return seal, err
		}
	}
	return nil, ErrKey
}

// derive makes the cipher of a segment. Each use of a file has another salt and so a key of its own: the number of a
// record can be its nonce.
func derive(key []byte, salt [saltSize]byte) (seal cipher.AEAD, check [checkSize]byte, err error) {
	derived, err := hkdf.Key(sha256.New, key, salt[:], "krosyn journal 1", keySize+checkSize)
	if err != nil {
		return nil, check, err
	}
	block, err := aes.NewCipher(derived[:keySize])
	if err != nil {
		return nil, check, err
	}
	seal, err = cipher.NewGCM(block)
	return seal, [checkSize]byte(derived[keySize:]), err
}

func nonce(number uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, nonceSize-8, nonceSize), number)
}
