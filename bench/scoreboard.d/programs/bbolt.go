// SPDX-License-Identifier: GPL-2.0

// bbolt lays a store down, or uses it and says what that took, as one JSON object.
//
//	bbolt lay FILE MIB
//	bbolt run FILE get|scan|compact none|normal|sequential|random
//
// With none bbolt's own advice stands, MADV_RANDOM for the whole file.
package main

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"syscall"
	"time"

	bolt "github.com/coreos/bbolt"
)

const (
	valueBytes  = 1000
	perPage     = 3 // values in a leaf page
	perLaying   = 3000
	compactStep = 1 << 20
)

var bucketName = []byte("bucket")

var advices = map[string]uintptr{
	"normal":     syscall.MADV_NORMAL,
	"sequential": syscall.MADV_SEQUENTIAL,
	"random":     syscall.MADV_RANDOM,
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bbolt:", err)
		os.Exit(1)
	}
}

func key(number int) []byte {
	text := make([]byte, 8)
	binary.BigEndian.PutUint64(text, uint64(number))
	return text
}

// Keys in ascending order, so that pages are as full as they get.
func lay(path string, mib int) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true})
	check(err)
	value := make([]byte, valueBytes)
	count := mib << 20 / 4096 * perPage
	for start := 0; start < count; start += perLaying {
		check(db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists(bucketName)
			if err != nil {
				return err
			}
			bucket.FillPercent = 1
			for number := start; number < start+perLaying && number < count; number++ {
				if err := bucket.Put(key(number), value); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	check(db.Close())
}

func advise(db *bolt.DB, path string, word string) {
	if word == "none" {
		return
	}
	file, err := os.Stat(path)
	check(err)
	_, _, errno := syscall.Syscall(syscall.SYS_MADVISE, db.Info().Data, uintptr(file.Size()),
		advices[word])
	if errno != 0 {
		check(errno)
	}
}

// As many gets as the file has leaf pages.
func get(db *bolt.DB, _ string) {
	check(db.View(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketName)
		last, _ := bucket.Cursor().Last()
		count := int(binary.BigEndian.Uint64(last)) + 1
		dice := rand.New(rand.NewSource(1))
		sum := byte(0)
		for i := 0; i < count/perPage; i++ {
			sum += bucket.Get(key(dice.Intn(count)))[0]
		}
		return nil
	}))
}

func scan(db *bolt.DB, _ string) {
	check(db.View(func(tx *bolt.Tx) error {
		sum := byte(0)
		return tx.Bucket(bucketName).ForEach(func(_, value []byte) error {
			sum += value[0]
			return nil
		})
	}))
}

func compact(db *bolt.DB, path string) {
	target, err := bolt.Open(path+".compacted", 0o600, nil)
	check(err)
	check(bolt.Compact(target, db, compactStep))
	check(target.Close())
}

func usage() (time.Time, syscall.Rusage) {
	var now syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &now))
	return time.Now(), now
}

func run(path string, what func(*bolt.DB, string), advice string) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	check(err)
	advise(db, path, advice)
	start, before := usage()
	what(db, path)
	end, after := usage()
	counts := fmt.Sprintf(`"time_ns":%d,"minors":%d,"majors":%d`, end.Sub(start).Nanoseconds(),
		after.Minflt-before.Minflt, after.Majflt-before.Majflt)
	fmt.Printf("{\"phases\":[{%s}],%s}\n", counts, counts)
}

func main() {
	cases := map[string]func(*bolt.DB, string){"get": get, "scan": scan, "compact": compact}
	words := os.Args[1:]
	switch {
	case len(words) == 3 && words[0] == "lay":
		mib, err := strconv.Atoi(words[2])
		check(err)
		lay(words[1], mib)
	case len(words) == 4 && words[0] == "run" && cases[words[2]] != nil:
		run(words[1], cases[words[2]], words[3])
	default:
		check(fmt.Errorf("usage: lay FILE MIB, run FILE get|scan|compact ADVICE"))
	}
}
