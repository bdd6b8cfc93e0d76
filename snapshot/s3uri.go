package snapshot

import (
	"fmt"
	"strings"
)

// ParseS3URI takes an S3 URI apart: "s3://bucket/prefix", the same with an
// access point's ARN in the bucket's place, or the https address of either
// style. The prefix keeps its bytes: S3 keys are not paths, and nothing in
// them is decoded (P50).
func ParseS3URI(uri string) (S3Location, error) {
	l := S3Location{URI: uri}
	scheme, rest, found := strings.Cut(uri, "://")
	bad := func(why string) (S3Location, error) {
		return S3Location{}, fmt.Errorf("%q is not an S3 URI: %s", short(uri), why)
	}
	if !found {
		return bad("it looks like s3://bucket/prefix")
	}
	switch strings.ToLower(scheme) {
	case "s3", "s3a", "s3n": // the last two are Hadoop's
		l.Bucket, l.Prefix = splitBucket(rest)
	case "https":
		host, path, _ := strings.Cut(rest, "/")
		bucket, ok := bucketOfHost(host)
		if !ok {
			return bad("its host is not S3's")
		}
		if l.Bucket, l.Prefix = bucket, path; bucket == "" {
			l.Bucket, l.Prefix, _ = strings.Cut(path, "/")
		}
	default:
		return bad("it begins with neither s3:// nor https://")
	}
	switch {
	case l.Bucket == "":
		return bad("it names no bucket")
	case strings.HasPrefix(l.Bucket, "arn:"):
	case strings.Trim(l.Bucket, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != "" || len(l.Bucket) > 255:
		return bad("no bucket is named so")
	}
	return l, nil
}

// splitBucket takes the bucket, or an access point's ARN, from the front.
func splitBucket(rest string) (bucket, prefix string) {
	if !strings.HasPrefix(rest, "arn:") {
		bucket, prefix, _ = strings.Cut(rest, "/")
		return bucket, prefix
	}
	// arn:…:accesspoint/NAME/prefix
	first, tail, found := strings.Cut(rest, "/")
	if !found {
		return first, ""
	}
	name, prefix, _ := strings.Cut(tail, "/")
	return first + "/" + name, prefix
}

// bucketOfHost returns the bucket in front of an S3 host name; empty for the
// path style; false where the host is not S3's.
func bucketOfHost(host string) (bucket string, ok bool) {
	host = strings.ToLower(host)
	base, found := strings.CutSuffix(host, ".amazonaws.com")
	if !found {
		if base, found = strings.CutSuffix(host, ".amazonaws.com.cn"); !found {
			return "", false
		}
	}
	labels := strings.Split(base, ".")
	for i := len(labels) - 1; i >= 0 && i >= len(labels)-3; i-- {
		if labels[i] == "s3" || strings.HasPrefix(labels[i], "s3-") {
			return strings.Join(labels[:i], "."), true
		}
	}
	return "", false
}
