package gate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim/reachtest"

	"example.com/gate"
)

const (
	role   = "arn:aws:iam::111122223333:role/Neo"
	all    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"s3:*","Resource":"arn:aws:s3:::models/*"}}`
	read   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::models/*"}}`
	public = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::models/*"}}`
	closed = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::models/*"}}`
)

func TestReview(t *testing.T) {
	for _, c := range []struct{ new, want string }{{read, ""}, {public, "allows s3:GetObject"}, {closed, "reads the bucket: false"}, {`{`, "the new policy"}} {
		err := gate.Review([]byte(all), []byte(c.new), "models", "111122223333", role)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
}

// CANREACH_EXAMPLE is the folder of the shipped example.
func TestTheJobReachesItsModel(t *testing.T) {
	dir := os.Getenv("CANREACH_EXAMPLE")
	if dir == "" {
		t.Skip("CANREACH_EXAMPLE is not set")
	}
	s := reachtest.Load(t, filepath.Join(dir, "snapshot.json"))
	s.Job(t, filepath.Join(dir, "job.json")).Reaches("arn:aws:s3:::neo-models-111122223333-use1/resnet50/*", "s3:GetObject")
}
