package sim

import (
	"errors"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
)

// Host names and addresses are read as people and error messages write them.
func TestReadAddress(t *testing.T) {
	for word, want := range map[string]address{
		"https://sts.us-east-1.amazonaws.com/":                              {"sts.us-east-1.amazonaws.com", "443"},
		`"https://b.s3.us-east-1.amazonaws.com:8443/k?list-type=2"`:         {"b.s3.us-east-1.amazonaws.com", "8443"},
		"HTTPSConnectionPool(host='sts.us-east-1.amazonaws.com', port=443)": {"sts.us-east-1.amazonaws.com", "443"},
		"jdbc:postgresql://10.0.9.20:5432/app":                              {"10.0.9.20", "5432"},
		"111122223333.dkr.ecr.us-east-1.amazonaws.com/repo:tag":             {"111122223333.dkr.ecr.us-east-1.amazonaws.com", ""},
		"http://[2001:db8::1]:80/":                                          {"2001:db8::1", "80"},
		"[2001:db8::1]:443":                                                 {"2001:db8::1", "443"},
		"10.0.9.20:5432":                                                    {"10.0.9.20", "5432"},
		"10.0.9.0/24":                                                       {"10.0.9.0/24", ""},
		"2001:db8::1":                                                       {"2001:db8::1", ""},
		"s3:eu-west-1":                                                      {"s3:eu-west-1", ""},
		"eni-1":                                                             {"eni-1", ""},
		"arn:aws:ec2:us-east-1:111122223333:network-interface/eni-0a1b2c3d4e5f6": {"arn:aws:ec2:us-east-1:111122223333:network-interface/eni-0a1b2c3d4e5f6", ""},
	} {
		if got := readAddress(word); got != want {
			t.Errorf("%s: %+v, want %+v", word, got, want)
		}
	}
}

// TestHostNames is N172: what may have a private address is no host on the
// internet, and EC2's names tell the address.
func TestHostNames(t *testing.T) {
	natural := world.All(world.NAT(), world.Routes("rtb-1", world.To("0.0.0.0/0", "nat-1")),
		world.Interface("eni-1", "subnet-1", "10.0.1.10", "sg-1"), world.Interface("eni-2", "subnet-1", "10.0.1.20", "sg-1"), world.PublicIP("eni-2", "203.0.113.7"))
	w := NewWorld(world.Network(natural).Snapshot(t))
	for to, want := range map[string]Verdict{
		"pypi.org": Reachable, "sts": Reachable, "rds.us-east-1.amazonaws.com": Reachable, "checkip.amazonaws.com": Reachable,
		"db.abc.us-east-1.rds.amazonaws.com": Unknown, "b-1.x.kafka.us-east-1.amazonaws.com": Unknown, "internal-x-1.us-east-1.elb.amazonaws.com": Unknown,
		"vpc-x-abc.us-east-1.es.amazonaws.com": Unknown, "db.corp.internal": Unknown, "printer.local": Unknown,
		"ip-10-0-1-20.ec2.internal": Blocked, "ec2-203-0-113-7.compute-1.amazonaws.com": Blocked, "ec2-198-51-100-1.eu-west-1.compute.amazonaws.com": Reachable,
	} {
		a, err := w.Trace(t.Context(), TraceQuestion{From: "eni-1", To: to})
		if err != nil {
			t.Errorf("%s: %v", to, err)
			continue
		}
		if a.Verdict != want {
			t.Errorf("%s: %s, want %s: %+v %+v", to, a.Verdict, want, a.Findings, a.Unknowns)
		}
	}
	if a, err := w.Trace(t.Context(), TraceQuestion{From: "eni-1", To: "s3://" + world.Bucket + "/k"}); err != nil || a.Verdict != Reachable {
		t.Errorf("a bucket: %+v, %v", a, err)
	}
	var end *QuestionError
	if _, err := w.Trace(t.Context(), TraceQuestion{From: "eni-1", To: "s3://elsewhere/k"}); !errors.As(err, &end) || !strings.Contains(end.Error(), "ask s3:REGION") {
		t.Errorf("a bucket that is not there: %v", err)
	}
}
