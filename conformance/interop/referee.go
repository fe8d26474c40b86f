// Checks a ledger with Go's checksum-database packages, which know nothing of this project: the checkpoint's signature,
// every tile and entry, the receipts, consistency between all checkpoints at hand; and that tampered copies are refused.
//
// Usage: referee LEDGER_DIR VKEY RECEIPTS_DIR
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileWidth = 256

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: referee LEDGER_DIR VKEY RECEIPTS_DIR")
		os.Exit(64)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "REFUSED:", err)
		os.Exit(1)
	}
}

func run(ledger, vkey, receipts string) error {
	verifier, err := readVerifier(vkey)
	if err != nil {
		return err
	}
	checkpoint, err := os.ReadFile(filepath.Join(ledger, "checkpoint"))
	if err != nil {
		return err
	}
	head, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if head.N == 0 {
		return fmt.Errorf("the ledger has no entries: nothing to check")
	}
	fmt.Printf("ok  checkpoint of %d entries, signed by %s\n", head.N, verifier.Name())
	// Authenticates each tile that it reads against the root of the checkpoint.
	hashes := tlog.TileHashReader(head, tiles{dir: ledger})
	entries, err := checkEntries(ledger, head, hashes)
	if err != nil {
		return err
	}
	fmt.Printf("ok  %d entries hash into the tree, with inclusion proofs\n", len(entries))
	trees, proofs, err := checkReceipts(receipts, verifier, entries)
	if err != nil {
		return err
	}
	fmt.Printf("ok  %d receipts, %d checkpoints\n", len(proofs), len(trees))
	pairs, err := checkConsistency(append(trees, head), hashes)
	if err != nil {
		return err
	}
	fmt.Printf("ok  %d consistency proofs\n", pairs)
	refused, err := checkRefusals(ledger, checkpoint, verifier, head, proofs, hashes)
	if err != nil {
		return err
	}
	fmt.Printf("ok  %d tampered copies refused\n", refused)
	return nil
}

// The first line that Go knows as a verifier key; other lines are of key types that it does not.
func readVerifier(path string) (note.Verifier, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, line := range strings.Fields(string(text)) {
		if verifier, err := note.NewVerifier(line); err == nil {
			return verifier, nil
		}
	}
	return nil, fmt.Errorf("%s: no Ed25519 verifier key", path)
}

func openCheckpoint(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of three lines")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("origin %q, but the key is of %q", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// Tiles in a directory; the height is not part of the path in tlog-tiles. `change` may alter what is read.
type tiles struct {
	dir    string
	change func(path string, data []byte)
}

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		if t.change != nil {
			t.change(path, data)
		}
		read = append(read, data)
	}
	return read, nil
}

// Reads every entry from its bundle and proves it in the tree of the head.
func checkEntries(dir string, head tlog.Tree, hashes tlog.HashReader) ([][]byte, error) {
	var entries [][]byte
	for first := int64(0); first < head.N; first += tileWidth {
		width := head.N - first
		if width > tileWidth {
			width = tileWidth
		}
		tile := tlog.Tile{H: 8, L: 0, N: first / tileWidth, W: int(width)}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		bundle, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		for at := int64(0); at < width; at++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("%s ends inside entry %d", path, first+at)
			}
			length := 2 + int(binary.BigEndian.Uint16(bundle))
			entries, bundle = append(entries, bundle[2:length]), bundle[length:]
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("%s holds more than its entries", path)
		}
	}
	for index, entry := range entries {
		proof, err := tlog.ProveRecord(head.N, int64(index), hashes)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", index, err)
		}
		if err := tlog.CheckRecord(proof, head.N, head.Hash, int64(index), tlog.RecordHash(entry)); err != nil {
			return nil, fmt.Errorf("entry %d: %w", index, err)
		}
	}
	return entries, nil
}

// A receipt: an entry and its proof to a signed checkpoint.
type receipt struct {
	name  string
	entry []byte
	index int64
	proof tlog.RecordProof
	tree  tlog.Tree
}

func (r receipt) check() error {
	return tlog.CheckRecord(r.proof, r.tree.N, r.tree.Hash, r.index, tlog.RecordHash(r.entry))
}

func checkReceipts(dir string, verifier note.Verifier, entries [][]byte) ([]tlog.Tree, []receipt, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return nil, nil, err
	}
	var trees []tlog.Tree
	var receipts []receipt
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		var read receipt
		switch filepath.Ext(name) {
		case ".json":
			read, err = fromJSON(text, verifier)
		case ".tlog-proof":
			read, err = fromProof(string(text), verifier, entries)
		default:
			continue
		}
		if err == nil {
			err = read.check()
		}
		if err == nil && (read.index >= int64(len(entries)) || string(entries[read.index]) != string(read.entry)) {
			err = fmt.Errorf("entry %d of the ledger is another", read.index)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		read.name = name
		receipts, trees = append(receipts, read), append(trees, read.tree)
	}
	if len(receipts) == 0 {
		return nil, nil, fmt.Errorf("%s: no receipts, nothing to check", dir)
	}
	return trees, receipts, nil
}

func fromJSON(text []byte, verifier note.Verifier) (receipt, error) {
	var file struct {
		Entry      string
		Index      int64
		Proof      []string
		Checkpoint string
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return receipt{}, err
	}
	proof, err := parseHashes(file.Proof)
	if err != nil {
		return receipt{}, err
	}
	tree, err := openCheckpoint([]byte(file.Checkpoint), verifier)
	return receipt{entry: []byte(file.Entry), index: file.Index, proof: proof, tree: tree}, err
}

// The text of C2SP tlog-proof; the entry comes from the ledger.
func fromProof(text string, verifier note.Verifier, entries [][]byte) (receipt, error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return receipt{}, fmt.Errorf("not a tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return receipt{}, err
	}
	if index < 0 || index >= int64(len(entries)) {
		return receipt{}, fmt.Errorf("index %d is not in the ledger", index)
	}
	proof, err := parseHashes(lines[2:])
	if err != nil {
		return receipt{}, err
	}
	tree, err := openCheckpoint([]byte(checkpoint), verifier)
	return receipt{entry: entries[index], index: index, proof: proof, tree: tree}, err
}

func parseHashes(lines []string) (tlog.RecordProof, error) {
	var hashes tlog.RecordProof
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// Proves each checkpoint to be the beginning of the next larger one.
func checkConsistency(trees []tlog.Tree, hashes tlog.HashReader) (int, error) {
	sort.Slice(trees, func(a, b int) bool { return trees[a].N < trees[b].N })
	pairs := 0
	for at := 1; at < len(trees); at++ {
		old, next := trees[at-1], trees[at]
		if old.N == next.N && old.Hash != next.Hash {
			return 0, fmt.Errorf("two roots at size %d", old.N)
		}
		if old.N == next.N || old.N == 0 {
			continue
		}
		proof, err := tlog.ProveTree(next.N, old.N, hashes)
		if err == nil {
			err = tlog.CheckTree(proof, next.N, next.Hash, old.N, old.Hash)
		}
		if err != nil {
			return 0, fmt.Errorf("size %d to %d: %w", old.N, next.N, err)
		}
		other := old.Hash
		other[0] ^= 1
		if tlog.CheckTree(proof, next.N, next.Hash, old.N, other) == nil {
			return 0, fmt.Errorf("size %d to %d: another old root was accepted", old.N, next.N)
		}
		pairs++
	}
	return pairs, nil
}

// Each copy has one change, and each must be refused.
func checkRefusals(dir string, checkpoint []byte, verifier note.Verifier, head tlog.Tree, receipts []receipt, hashes tlog.HashReader) (int, error) {
	refused := 0
	for at := range checkpoint {
		tampered := append([]byte(nil), checkpoint...)
		tampered[at] ^= 1
		if meansTheSame(checkpoint, tampered, at, verifier) {
			continue
		}
		if _, err := openCheckpoint(tampered, verifier); err == nil {
			return 0, fmt.Errorf("byte %d of the checkpoint changed, and it was accepted", at)
		}
		refused++
	}
	for _, good := range receipts {
		entry := good
		entry.entry = append([]byte(nil), good.entry...)
		entry.entry[len(entry.entry)/2] ^= 1
		cases := []receipt{entry}
		for at := range good.proof {
			proof := good
			proof.proof = append(tlog.RecordProof(nil), good.proof...)
			proof.proof[at][31] ^= 1
			cases = append(cases, proof)
		}
		for _, tampered := range cases {
			if tampered.check() == nil {
				return 0, fmt.Errorf("%s: a changed copy was accepted", good.name)
			}
			refused++
		}
	}
	for _, level := range []string{"tile/0/", "tile/1/"} {
		if level == "tile/1/" && head.N < tileWidth {
			continue
		}
		changed := tiles{dir: dir, change: func(path string, data []byte) {
			if strings.HasPrefix(path, level) {
				data[len(data)-1] ^= 1
			}
		}}
		// The last record's proof may need no tile of this level: the first one's does then.
		reader := tlog.TileHashReader(head, changed)
		_, first := tlog.ProveRecord(head.N, 0, reader)
		_, last := tlog.ProveRecord(head.N, head.N-1, reader)
		if first == nil && last == nil && head.N > 1 {
			return 0, fmt.Errorf("changed tiles under %s were accepted", level)
		}
		refused++
	}
	return refused, nil
}

// Whether a change at a byte means nothing to this verifier: in a signature line of another key, which it must ignore, or
// in the unused bits of a last base64 digit, which Go reads over.
func meansTheSame(good, tampered []byte, at int, verifier note.Verifier) bool {
	start := strings.LastIndex(string(good), "\n\n") + 2
	for _, line := range strings.SplitAfter(string(good[start:]), "\n") {
		end := start + len(line)
		if at >= start && at < end-1 {
			signature := signatureBytes(line)
			ours := len(signature) > 4 && binary.BigEndian.Uint32(signature) == verifier.KeyHash()
			unchanged := string(signatureBytes(string(tampered[start:end]))) == string(signature)
			return !ours || unchanged && at-start > strings.LastIndex(line, " ")
		}
		start = end
	}
	return false
}

func signatureBytes(line string) []byte {
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line[strings.LastIndex(line, " ")+1:]))
	if err != nil {
		return nil
	}
	return signature
}
