package evaljson

import (
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/sar"
)

// directorySuffix ends the names of directory buckets.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
const directorySuffix = "--x-s3"

// directory asks about an action of S3 on a directory bucket as S3 Express
// does: no action "s3:…" is ever checked there. What S3 Express has under the
// same name is that, everything on data is s3express:CreateSession on the
// bucket (P300).
func (w *Worker) directory() {
	r := &w.request
	service, name, _ := strings.Cut(r.Action, ":")
	if !strings.EqualFold(service, "s3") || !strings.Contains(r.Resource, directorySuffix) {
		return
	}
	part := strings.SplitN(r.Resource, ":", 6)
	bucket, _, _ := strings.Cut(strings.TrimPrefix(part[5], "bucket/"), "/")
	if !strings.HasSuffix(bucket, directorySuffix) {
		return
	}
	region, account := part[3], part[4]
	switch part[2] {
	case "s3":
		if v := r.Context["aws:requestedregion"]; v.State == policy.KeyKnown && len(v.Values) == 1 {
			region = v.Values[0]
		} else {
			region = regionOfZone(bucket)
		}
		if account = r.ResourceAccount; account == "" {
			account = r.Principal.Account // directory buckets can't be named across accounts
		}
	case "s3express":
	default:
		return
	}
	action := "CreateSession"
	if s, ok := sar.FindService("s3express"); ok {
		if a, ok := s.FindAction(name); ok {
			action = a.Name
		}
	}
	r.Action = "s3express:" + action
	r.Resource = strings.Join([]string{"arn", part[1], "s3express", region, account, "bucket/" + bucket}, ":")
}

// regionOfZone reads the Region from the zone id in a directory bucket's name:
// "models--use1-az4--x-s3" is in us-east-1. It is empty where the name holds
// no such id.
//
// AWS: https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
func regionOfZone(bucket string) string {
	name := strings.TrimSuffix(bucket, directorySuffix)
	zone := name[strings.LastIndex(name, "--")+1:]
	zone, _, ok := strings.Cut(strings.TrimPrefix(zone, "-"), "-")
	if !ok || len(zone) < 4 {
		return ""
	}
	side, number := zone[2:len(zone)-1], zone[len(zone)-1:]
	word := map[string]string{"n": "north", "s": "south", "e": "east", "w": "west", "c": "central", "ne": "northeast", "nw": "northwest", "se": "southeast", "sw": "southwest"}[side]
	if word == "" || number < "0" || number > "9" {
		return ""
	}
	return zone[:2] + "-" + word + "-" + number
}
