package calls

import (
	"time"

	"github.com/canreach/canreach/snapshot"
)

// Options say what is captured, how, and to where.
type Options struct {
	Request Request
	Output  string // .json, .json.gz or .json.zst; of an organization a directory
	// Resume takes the answers that an interrupted capture to the same
	// Output kept beside it.
	Resume      bool
	Concurrency int           // calls at a time; 0: 8
	Rate        float64       // calls a second, retries not counted; 0: no limit
	Timeout     time.Duration // of one call with its retries; 0: two minutes
	Tool        string        // for the capture header, e.g. "canreach 0.1.0"
	Now         func() time.Time
	Progress    Progress // nil: none
}

// Progress hears of calls as they start and finish, from several goroutines.
type Progress interface {
	Started()
	Finished(account, region string, op Operation)
}

// Report sums a capture up.
type Report struct {
	Accounts []string
	Regions  []string
	Things   int // resources in the file
	Calls    int // pages asked for, retries not counted
	Resumed  int // answers taken from the interrupted capture
	Gaps     []snapshot.Gap
	Duration time.Duration
	Bytes    int64 // of the file as written
}

// IndexName is the file in an organization's directory that lists the others.
const IndexName = "index.json"

// JournalSuffix is put after the output's name for the file that keeps what
// an interrupted capture had asked.
const JournalSuffix = ".partial"
