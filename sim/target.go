package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/rules/policy/sar"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/snapshot"
)

// target is one destination of a question, taken apart.
type target struct {
	arn         string // as asked: of the bucket, or of objects in it
	partition   string
	bucket      string
	key         string // key pattern of the objects asked about; "*" for a whole bucket
	whole       bool   // the question names the bucket, not objects
	actions     []string
	use         string // "input", "output" or ""
	listPrefix  *string
	kmsKey      string // key that the job names for what it writes
	accessPoint *accessPointTarget
	service     *serviceTarget // nil: S3
}

// accessPointTarget is set where the question goes through an access point.
type accessPointTarget struct {
	arn, account, region, name string
	found                      *snapshot.AccessPoint // nil: not in the snapshot
}

var (
	readActions  = []string{"s3:GetObject", "s3:ListBucket"}
	writeActions = []string{"s3:PutObject"}
)

// targets lists what a question asks about: its bucket, or the job's own
// inputs and outputs.
func (q *Question) targets(region string) ([]target, error) {
	if q.otherService() {
		return q.serviceTargets(region)
	}
	if q.Bucket != "" {
		t, err := parseTarget(q.Bucket)
		if err != nil {
			return nil, err
		}
		t.actions, err = q.actionsFor()
		if err != nil {
			return nil, err
		}
		return []target{t}, nil
	}
	var out []target
	for _, l := range q.Job.Inputs {
		t, err := locationTarget(l, q.Job.Kind, "input", q.partition())
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	for _, l := range q.Job.Outputs {
		t, err := locationTarget(l, q.Job.Kind, "output", q.partition())
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	code, err := q.codeTargets()
	if err != nil {
		return nil, err
	}
	out = append(out, code...)
	if len(out) == 0 {
		return nil, badQuestion("no destination: the job names no S3 location of its own, so %s has to name one", FieldBucket)
	}
	if len(q.Actions) > 0 {
		acts, err := q.actionsFor()
		if err != nil {
			return nil, err
		}
		for i := range out {
			out[i].actions = acts
		}
	}
	return mergeTargets(out), nil
}

// codeTargets are the scripts and libraries that the job's own interface
// reads: one object each, or what is below a prefix.
func (q *Question) codeTargets() ([]target, error) {
	work, _ := services.Find(q.Job.Kind)
	if !slices.ContainsFunc(work.Calls, func(c services.Call) bool { return c.On == services.OnCode && c.From == services.FromInterface }) {
		return nil, nil // the service reads them, from its own network
	}
	var out []target
	for _, l := range q.Job.Code {
		t, err := locationTarget(l, "CompilationJob", "input", q.partition())
		if err != nil {
			return nil, err
		}
		if l.Prefix != "" && !strings.HasSuffix(l.Prefix, "/") {
			t.actions, t.listPrefix = []string{"s3:GetObject"}, nil
		}
		out = append(out, t)
	}
	return out, nil
}

func (q *Question) partition() string {
	return cmp.Or(arnField(q.Job.RoleARN, 1), arnField(q.Bucket, 1), "aws")
}

func (q *Question) actionsFor() ([]string, error) {
	if len(q.Actions) == 0 {
		if one := q.Options.Presigned || strings.HasPrefix(q.Options.Caller, "presigned-by") || q.Options.Caller == "unsigned"; one && !q.Write {
			return []string{"s3:GetObject"}, nil // a presigned URL is of one object; clients that sign nothing get single objects
		}
		if q.Write {
			return writeActions, nil
		}
		return readActions, nil
	}
	for _, a := range q.Actions {
		service, name, ok := strings.Cut(a, ":")
		if !ok || service == "" || name == "" || strings.ContainsAny(a, "*? \t\n") {
			return nil, fmt.Errorf("action %q: want one action with its service, such as s3:GetObject", a)
		}
		if !strings.EqualFold(service, "s3") && !strings.EqualFold(service, "s3express") {
			return nil, fmt.Errorf("action %q is not of S3, and %s is; ask about one service at a time", a, q.Bucket)
		}
		if err := knownAction(a, service, name); err != nil {
			return nil, err
		}
	}
	return canonicalActions(q.Actions), nil
}

// CheckActions refuses what is not a list of S3 actions.
func CheckActions(actions []string) error {
	_, err := (&Question{Actions: actions, Bucket: "a bucket"}).actionsFor()
	return err
}

// operations are names of S3 API operations that are no actions, and the
// action that each is authorised as (P39).
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
var operations = map[string]string{
	"headobject": "s3:GetObject", "headbucket": "s3:ListBucket", "listobjects": "s3:ListBucket", "listobjectsv2": "s3:ListBucket",
	"listobjectversions": "s3:ListBucketVersions", "copyobject": "s3:GetObject on the source and s3:PutObject on the destination",
	"createmultipartupload": "s3:PutObject", "uploadpart": "s3:PutObject", "completemultipartupload": "s3:PutObject",
	"deleteobjects": "s3:DeleteObject", "listbuckets": "s3:ListAllMyBuckets", "getbucketencryption": "s3:GetEncryptionConfiguration",
	"listmultipartuploads": "s3:ListBucketMultipartUploads", "listparts": "s3:ListMultipartUploadParts",
}

// ActionOfOperation returns the action that an S3 API operation is authorised
// as, where there is one of another name, or the action of that name.
func ActionOfOperation(name string) (string, bool) {
	if as, ok := operations[strings.ToLower(name)]; ok && !strings.Contains(as, " ") {
		return as, true
	}
	table, _ := sar.FindService("s3")
	if _, ok := table.FindAction(name); ok {
		return "s3:" + name, true
	}
	return "", false
}

// knownAction refuses an action that no request is ever checked against.
func knownAction(action, service, name string) error {
	table, ok := sar.FindService(service)
	if !ok {
		return nil
	}
	if _, ok := table.FindAction(name); ok {
		return nil
	}
	if as, ok := operations[strings.ToLower(name)]; ok {
		return fmt.Errorf("action %q is the name of an API operation; it is authorised as %s: ask about that", action, as)
	}
	var names []string
	for _, a := range table.Actions {
		names = append(names, a.Name)
	}
	suggestion := ""
	if n := located.Nearest(name, names); n != "" {
		suggestion = "; did you mean " + table.Prefix + ":" + n + "?"
	}
	return fmt.Errorf("action %q is unknown: the Service Authorization Reference of %s does not have it%s", action, sar.Date(), suggestion)
}

func mergeTargets(in []target) []target {
	var out []target
	seen := make(map[string]bool)
	for _, t := range in {
		id := t.arn + "\x00" + strings.Join(t.actions, ",") + "\x00" + t.kmsKey
		if !seen[id] {
			seen[id] = true
			out = append(out, t)
		}
	}
	return out
}

// locationTarget turns a job's S3 location into a target. A compilation job
// reads one archive, so an input that does not end in "/" is one object; the
// other jobs read every object under the prefix. What a job writes goes below
// its output location.
func locationTarget(l snapshot.S3Location, kind, use, partition string) (target, error) {
	if l.Bucket == "" {
		return target{}, fmt.Errorf("the job's %s location %q names no bucket", use, l.URI)
	}
	key := l.Prefix
	switch {
	case key == "":
		key = "*"
	case use == "output":
		key = escapeWild(strings.TrimSuffix(key, "/")) + "/*"
	case kind == "CompilationJob" && !strings.HasSuffix(key, "/"):
		key = escapeWild(key)
	default:
		key = escapeWild(key) + "*"
	}
	t := target{
		arn: "arn:" + partition + ":s3:::" + l.Bucket + "/" + key, partition: partition,
		bucket: l.Bucket, key: key, use: use, kmsKey: l.KMSKeyID,
		actions: readActions,
	}
	if use == "output" {
		t.actions = writeActions
		return t, nil
	}
	prefix := l.Prefix
	t.listPrefix = &prefix
	return t, nil
}

// escapeWild keeps a literal key literal: in a question, * and ? are
// wildcards, and no key of a job's location is meant as one. A ? or * in it
// is kept as ? — any one character — which includes it.
func escapeWild(key string) string {
	return strings.NewReplacer("*", "?").Replace(key)
}

// parseTarget reads --bucket: a bucket or object ARN, an access point ARN, an
// s3:// URI, or a bare bucket name.
func parseTarget(text string) (target, error) {
	if rest, ok := strings.CutPrefix(text, "s3://"); ok {
		bucket, key, has := strings.Cut(rest, "/")
		arn := "arn:aws:s3:::" + bucket
		if has && key != "" {
			arn += "/" + key
		}
		return parseTarget(arn)
	}
	if !strings.HasPrefix(text, "arn:") {
		if text == "" || strings.ContainsAny(text, ":/ ") {
			return target{}, fmt.Errorf("%q is not an S3 ARN: want arn:aws:s3:::BUCKET, or arn:aws:s3:::BUCKET/KEY with or without wildcards", text)
		}
		return parseTarget("arn:aws:s3:::" + text)
	}
	part := strings.SplitN(text, ":", 6)
	if len(part) != 6 || part[1] == "" || part[5] == "" {
		return target{}, fmt.Errorf("%q is not an S3 ARN: want arn:aws:s3:::BUCKET, or arn:aws:s3:::BUCKET/KEY with or without wildcards", text)
	}
	switch {
	case part[2] == "s3" && strings.HasPrefix(part[5], "accesspoint/"):
		return parseAccessPoint(text, part)
	case part[2] == "s3express":
		name, _, _ := strings.Cut(strings.TrimPrefix(part[5], "bucket/"), "/") // sessions are for the whole bucket (P300)
		return target{arn: strings.Join(append(part[:5:5], "bucket/"+name), ":"), partition: part[1], bucket: name, key: "*", whole: true}, nil
	case part[2] != "s3":
		return target{}, fmt.Errorf("%q is an ARN of %s, not of S3", text, part[2])
	case part[3] != "" || part[4] != "":
		return target{}, fmt.Errorf("%q: an S3 bucket's ARN has no region and no account, as in arn:%s:s3:::%s", text, part[1], part[5])
	}
	t := target{arn: text, partition: part[1]}
	var has bool
	t.bucket, t.key, has = strings.Cut(part[5], "/")
	if strings.ContainsAny(t.bucket, "*?") || t.bucket == "" {
		return target{}, fmt.Errorf("%q: the bucket has to be named without wildcards", text)
	}
	if !has {
		t.whole, t.key = true, "*"
	} else if t.key == "" {
		return target{}, fmt.Errorf("%q names no object: use %s for the bucket or %s* for its objects", text, strings.TrimSuffix(text, "/"), text)
	}
	return t, nil
}

func parseAccessPoint(text string, part []string) (target, error) {
	rest := strings.TrimPrefix(part[5], "accesspoint/")
	name, key, has := strings.Cut(rest, "/object/")
	t := target{arn: text, partition: part[1], key: key, whole: !has,
		accessPoint: &accessPointTarget{arn: strings.TrimSuffix(text, "/object/"+key), account: part[4], region: part[3], name: name}}
	if !has {
		t.key = "*"
	}
	if name == "" || strings.ContainsAny(name, "*?/") {
		return target{}, fmt.Errorf("%q: the access point has to be named without wildcards", text)
	}
	return t, nil
}

// bucketName is the bucket in words.
func (t *target) bucketName() string {
	if t.service != nil {
		return t.service.resource
	}
	if t.bucket == "" && t.accessPoint != nil {
		return "the bucket behind " + t.accessPoint.arn
	}
	return "bucket " + t.bucket
}

// bucketARN is the ARN that bucket-level actions are checked against.
func (t *target) bucketARN() string {
	if t.service != nil {
		return t.service.resource
	}
	if t.bucket == "" && t.accessPoint != nil {
		return t.accessPoint.arn // the bucket behind it is not known
	}
	if arnField(t.arn, 2) == "s3express" {
		return t.arn
	}
	return "arn:" + t.partition + ":s3:::" + t.bucket
}

// objectsARN is the ARN, with wildcards, that object-level actions are
// checked against.
func (t *target) objectsARN() string {
	if t.bucket == "" && t.accessPoint != nil {
		return t.accessPoint.arn + "/object/" + t.key
	}
	return "arn:" + t.partition + ":s3:::" + t.bucket + "/" + t.key
}

// directoryBucket tells an S3 Express One Zone bucket by its name.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
func (t *target) directoryBucket() bool { return strings.HasSuffix(t.bucket, "--x-s3") }

// sessionARN is what every data operation on a directory bucket is authorised
// against, by s3express:CreateSession (P300).
func (t *target) sessionARN(region, owner, caller string) string {
	if arnField(t.arn, 2) == "s3express" {
		return t.arn
	}
	if owner == "" {
		owner = caller
	}
	return "arn:" + t.partition + ":s3express:" + region + ":" + owner + ":bucket/" + t.bucket
}

// arnField returns field i (0 to 5) of an ARN, or "".
func arnField(arn string, i int) string {
	part := strings.SplitN(arn, ":", 6)
	if len(part) != 6 || i >= len(part) {
		return ""
	}
	return part[i]
}
