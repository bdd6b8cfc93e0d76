package world

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// change is one edit of a file of AWS CLI output, as text, so that everything
// else stays byte for byte what it was.
type change struct{ file, old, new string }

// broken is one way in which the Neo example fails.
type broken struct {
	name    string
	changes []change
}

const (
	neoRegion = "111122223333/us-east-1/"
	neoRoute  = `,
                {
                    "DestinationPrefixListId": "pl-63a5400a",
                    "GatewayId": "vpce-0a1b2c3d4e5f60718",
                    "Origin": "CreateRoute",
                    "State": "active"
                }`
	neoBatchRoute = `{
                    "DestinationCidrBlock": "0.0.0.0/0",
                    "NatGatewayId": "nat-0f3e2d1c4b5a69780",
                    "Origin": "CreateRoute",
                    "State": "active"
                }`
)

// neoBroken are the broken variants of testdata/examples/neo-compile. What
// each shows stands in the README there.
var neoBroken = []broken{
	{"wrong-route-table", []change{
		{neoRegion + "describe-route-tables.json", neoRoute, ""},
		{neoRegion + "describe-route-tables.json", neoBatchRoute, neoBatchRoute + neoRoute},
		{neoRegion + "describe-vpc-endpoints.json", `"rtb-0b9d3c7a5e1f28460"`, `"rtb-0e7b5d3f1a9c82640"`},
	}},
	{"deny-only-endpoint-policy", []change{neoEndpointPolicy(`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", ` +
		`"Resource": ["arn:aws:s3:::neo-models-111122223333-use1", "arn:aws:s3:::neo-models-111122223333-use1/*"], ` +
		`"Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d4e5f60718"]}}}]}`)}},
	{"sg-without-egress", []change{neoGroupEgress("")}},
	{"acl-without-ephemeral-ports", []change{neoReplies}},
	{"bucket-policy-names-another-endpoint", []change{neoOtherEndpoint}},
	{"role-without-create-network-interface", []change{{"111122223333/iam/get-account-authorization-details.json", `"ec2:CreateNetworkInterface",
`, ""}}},
	{"acl-and-endpoint-policy", []change{neoReplies, neoEndpointPolicy(`{"Version": "2012-10-17", "Statement": [{"Sid": "Logs", "Effect": "Allow", "Principal": "*", ` +
		`"Action": "s3:PutObject", "Resource": "arn:aws:s3:::central-logs-111122223333/*"}]}`)}},
	{"sg-and-bucket-policy", []change{neoGroupEgress(neoInsideOnly), neoOtherEndpoint}},
}

// neoReplies narrows what the ml-private ACL lets in to port 443.
var neoReplies = change{neoRegion + "describe-network-acls.json", `                    "CidrBlock": "0.0.0.0/0",
                    "Egress": false,
                    "PortRange": {
                        "From": 1024,
                        "To": 65535
                    },`, `                    "CidrBlock": "0.0.0.0/0",
                    "Egress": false,
                    "PortRange": {
                        "From": 443,
                        "To": 443
                    },`}

var neoOtherEndpoint = change{"111122223333/s3/neo-models-111122223333-use1/get-bucket-policy.json",
	`vpce-0a1b2c3d4e5f60718`, `vpce-0badc0ffee1234567`}

const neoInsideOnly = `
                {
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "UserIdGroupPairs": [],
                    "IpRanges": [
                        {
                            "Description": "the VPC",
                            "CidrIp": "10.20.0.0/16"
                        }
                    ],
                    "Ipv6Ranges": [],
                    "PrefixListIds": []
                }
            `

// neoEndpointPolicy replaces the gateway endpoint's policy, whatever it is.
func neoEndpointPolicy(document string) change {
	return change{neoRegion + "describe-vpc-endpoints.json", `"PolicyDocument": "…first"`, `"PolicyDocument": ` + fmt.Sprintf("%q", document)}
}

// neoGroupEgress replaces the outbound rules of the group neo-jobs.
func neoGroupEgress(rules string) change {
	return change{neoRegion + "describe-security-groups.json", `"IpPermissionsEgress": […of neo-jobs]`, `"IpPermissionsEgress": [` + rules + `]`}
}

// NeoCompile makes what is generated of testdata/examples/neo-compile, whose
// folder is dir: snapshot.json and broken/*.json, by their paths below dir.
func NeoCompile(dir string) (map[string][]byte, error) {
	aws := filepath.Join(dir, "aws")
	base, err := native(aws)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{"snapshot.json": base}
	for _, b := range neoBroken {
		tmp, err := os.MkdirTemp("", "neo-compile-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp) //nolint:errcheck // a temporary folder
		if err := b.write(aws, tmp); err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
		if out["broken/"+b.name+".json"], err = native(tmp); err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return out, nil
}

func native(dir string) ([]byte, error) {
	data, warnings, err := snapshot.Native(dir, snapshot.Options{})
	if err == nil && len(warnings) > 0 {
		err = fmt.Errorf("%s: %s", warnings[0].File, warnings[0].Message)
	}
	return data, err
}

// write copies the folder from to the folder to, changed.
func (b broken) write(from, to string) error {
	done := 0
	err := fs.WalkDir(os.DirFS(from), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(from, path))
		if err != nil {
			return err
		}
		for _, c := range b.changes {
			if c.file == path {
				if data, err = c.apply(data); err != nil {
					return err
				}
				done++
			}
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, path)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, path), data, 0o644)
	})
	if err == nil && done != len(b.changes) {
		err = fmt.Errorf("%d of %d changes found their file", done, len(b.changes))
	}
	return err
}

// apply changes the one place that old stands at. Two forms of old name a
// value that is too long to repeat here.
func (c change) apply(data []byte) ([]byte, error) {
	switch {
	case strings.Contains(c.old, "…first"):
		from := bytes.Index(data, []byte(`"PolicyDocument": `))
		to := from + bytes.Index(data[from:], []byte(",\n"))
		return splice(data, from, to, c.new), nil
	case strings.Contains(c.old, "…of neo-jobs"):
		group := bytes.Index(data, []byte(`"GroupId": "sg-0e9f1a2b3c4d5e6f7",`+"\n            \"IpPermissionsEgress\": ["))
		from := group + bytes.Index(data[group:], []byte(`"IpPermissionsEgress": [`))
		to := from + bytes.Index(data[from:], []byte("\n            ],")) + len("\n            ]")
		return splice(data, from, to, c.new), nil
	}
	if n := bytes.Count(data, []byte(c.old)); n != 1 {
		return nil, fmt.Errorf("%s: %q stands there %d times, not once", c.file, c.old, n)
	}
	return bytes.Replace(data, []byte(c.old), []byte(c.new), 1), nil
}

func splice(data []byte, from, to int, with string) []byte {
	return append(append(bytes.Clone(data[:from]), with...), data[to:]...)
}
