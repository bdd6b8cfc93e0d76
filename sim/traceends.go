package sim

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// address is an end as a person writes it or an error message prints it: a host
// name or address, with the port that goes with it.
type address struct{ host, port string }

// pooled is how Python's HTTP clients print the host and port of a connection.
var pooled = regexp.MustCompile(`host=['"]?([^'",)\s]+)['"]?, *port=(\d+)`)

// readAddress takes a word apart: a URL, HOST:PORT, [IPv6]:PORT, HOST/PATH, or
// HTTPSConnectionPool(host='…', port=443). What is none of these is the host.
func readAddress(word string) address {
	s := strings.Trim(strings.TrimSpace(word), "\"'`<>,;")
	if m := pooled.FindStringSubmatch(s); m != nil {
		return address{m[1], m[2]}
	}
	s = strings.TrimPrefix(s, "jdbc:")
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		return address{u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])}
	}
	if host, _, ok := strings.Cut(s, "/"); ok && strings.ContainsAny(host, "abcdefghijklmnopqrstuvwxyz") && isHostName(strings.ToLower(host)) {
		s = host
	}
	if host, port, err := net.SplitHostPort(s); err == nil && strings.ContainsAny(host, ".:") {
		return address{host, port}
	}
	return address{host: s}
}

// traceEnd reads one end: an id, an ARN that ends in one, an address, a bucket,
// or a word.
func (w tracer) traceEnd(name Field, word, region string) (network.Endpoint, error) {
	if t, err := parseTarget(strings.TrimSpace(word)); err == nil && strings.ContainsRune(word, ':') && !strings.Contains(word, ":accesspoint/") {
		return w.traceBucket(name, word, t.bucket)
	}
	s := readAddress(word).host
	if strings.HasPrefix(s, "arn:") {
		s = s[strings.LastIndexAny(s, "/:")+1:]
	}
	prefix, _, _ := strings.Cut(s, "-")
	switch {
	case s == "":
		return network.Endpoint{}, badQuestion("%s %q: %s", name, word, "is missing")
	case strings.EqualFold(s, "internet"):
		return network.Endpoint{Internet: true}, nil
	case prefix == "eni" && s != prefix:
		return network.Endpoint{Interface: snapshot.NetworkInterfaceID(s)}, nil
	case prefix == "i" && s != prefix:
		s, _, _ = strings.Cut(s, ".") // i-….ec2.internal is its own name
		return network.Endpoint{Instance: s}, nil
	case prefix == "subnet" && s != prefix:
		return network.Endpoint{Subnet: snapshot.SubnetID(s)}, nil
	case prefix == "vpce" && !strings.Contains(s, "."):
		return network.Endpoint{VPCEndpoint: snapshot.VPCEndpointID(s)}, nil
	}
	if a, ok := ec2Address(s); ok {
		return w.ec2End(a), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return network.Endpoint{Address: netip.PrefixFrom(a, a.BitLen())}, nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return network.Endpoint{Address: p.Masked()}, nil
	}
	return w.traceService(name, word, s, region)
}

// traceBucket is S3 in the Region of a bucket of the snapshot.
func (w tracer) traceBucket(name Field, word, bucket string) (network.Endpoint, error) {
	b, ok := w.FindBucket(bucket)
	if a, lacks := w.Absent("bucket", bucket); lacks && a.Nearest != "" {
		return network.Endpoint{}, badQuestion("%s %q: %s", name, word, a.String())
	}
	if !ok || b.Region == "" {
		return network.Endpoint{}, badQuestion("%s %q: %s", name, word, "the Region of bucket "+bucket+" is not in the snapshot; ask s3:REGION")
	}
	return network.Endpoint{S3: &network.S3Destination{Region: b.Region, Bucket: bucket}}, nil
}

// ec2Name is a name that EC2 gives an instance by its private or public address.
var ec2Name = regexp.MustCompile(`^(?:ip|ec2)-(\d+)-(\d+)-(\d+)-(\d+)\.(?:ec2\.internal|compute-1\.amazonaws\.com|[a-z0-9-]+\.compute\.(?:internal|amazonaws\.com(?:\.cn)?))$`)

// ec2Address is the address in the name that EC2 gives an instance by it.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-naming.html
func ec2Address(host string) (netip.Addr, bool) {
	m := ec2Name.FindStringSubmatch(strings.ToLower(strings.TrimSuffix(host, ".")))
	if m == nil {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.Join(m[1:], "."))
	return a, err == nil
}

// ec2End is the interface that has a public address, or else the address: inside
// of a VPC the public name leads to the private address.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
func (w tracer) ec2End(a netip.Addr) network.Endpoint {
	for _, acc := range w.snap.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				e := &r.EC2.NetworkInterfaces.Items[i]
				if slices.ContainsFunc(e.Addresses, func(x snapshot.InterfaceAddress) bool { return x.Public == a }) {
					return network.Endpoint{Interface: e.ID}
				}
			}
		}
	}
	return network.Endpoint{Address: netip.PrefixFrom(a, a.BitLen())}
}

// traceFrom reads where the traffic starts: an end, the interface that a job
// would get in each of its subnets, or one with security groups in a subnet.
func (w tracer) traceFrom(q *TraceQuestion) ([]network.Endpoint, error) {
	if q.Job != nil {
		if q.From != "" || len(q.SecurityGroups) > 0 {
			return nil, badQuestion("%s %q: says where the traffic starts; leave %s and %s out", FieldJob, q.Job.Name, FieldFrom, FieldFromGroups)
		}
		var out []network.Endpoint
		for _, id := range q.Job.Subnets {
			i := &network.HypotheticalInterface{Subnet: id, Groups: q.Job.SecurityGroups}
			if list := w.x.Subnets.All(id); len(list) > 0 {
				i.Public, i.Groups = publicAddress(q.Job, list[0].Item), w.groupsOf(q.Job, list[0].Item.VPC)
			}
			out = append(out, network.Endpoint{Job: i})
		}
		if len(out) == 0 {
			return nil, badQuestion("%s %q: has no subnets: its traffic leaves from AWS's own network", FieldJob, q.Job.Name)
		}
		q.From = cmp.Or(q.Job.Name, "job")
		return out, nil
	}
	e, err := w.traceEnd(FieldFrom, q.From, "any-region")
	switch {
	case err != nil:
		return nil, err
	case e.S3 != nil || e.Service != "" || e.VPCEndpoint != "" || e.Host != "":
		return nil, badQuestion("%s %q: %s", FieldFrom, q.From, "services answer and never start a connection; swap the ends")
	case len(q.SecurityGroups) > 0 && e.Subnet == "":
		return nil, badQuestion("%s %q: goes with a subnet as %s: what exists has groups of its own", FieldFromGroups, q.From, FieldFrom)
	case len(q.SecurityGroups) > 0:
		e = network.Endpoint{Job: &network.HypotheticalInterface{Subnet: e.Subnet, Groups: q.SecurityGroups}}
	}
	return []network.Endpoint{e}, nil
}

// hostPort is the port that a URL or HOST:PORT names, where no port is given.
func hostPort(q *TraceQuestion) ([]network.PortRange, bool) {
	if len(q.Ports) > 0 || q.Protocol != "" && !strings.EqualFold(q.Protocol, "tcp") {
		return nil, false
	}
	n, err := strconv.ParseUint(readAddress(q.To).port, 10, 16)
	if err != nil || n == 0 {
		return nil, false
	}
	return []network.PortRange{{From: uint16(n), To: uint16(n)}}, true
}

// traceService reads "s3", "s3:REGION", an S3 host name, an AWS service by its
// name or host name, or another host name.
func (w tracer) traceService(name Field, word, s, region string) (network.Endpoint, error) {
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	if first, other, ok := strings.Cut(s, ":"); ok {
		s, region = first, other
	}
	if host, err := rules.ParseName(s); err == nil {
		return network.Endpoint{S3: &network.S3Destination{Region: host.Region, Hostname: s}}, nil
	}
	if id, ok := endpointHost(s); ok {
		return network.Endpoint{VPCEndpoint: id}, nil
	}
	if region == "any-region" {
		region = ""
	}
	f, ok := rules.FindService(s, region)
	switch {
	case isHostName(s) && rules.MayBePrivate(s):
		return network.Endpoint{Host: s}, nil
	case ok && f.Name == "":
		return network.Endpoint{}, badQuestion("%s %q: %s", name, word, "which Region? Write it out: com.amazonaws.REGION."+s)
	case ok && strings.HasSuffix(f.Name, ".s3"):
		return network.Endpoint{S3: &network.S3Destination{Region: f.Region}}, nil
	case ok:
		return network.Endpoint{Service: f.Name, Host: f.Host}, nil
	case w.servesEndpoint(s):
		return network.Endpoint{Service: s}, nil
	case isHostName(s):
		return network.Endpoint{Host: s}, nil
	}
	if strings.HasPrefix(s, "pl-") {
		text := "a prefix list is no end of traffic; name an address of it, or its service, such as s3"
		if a, lacks := w.Absent("prefix list", s); lacks {
			text = a.String()
		}
		return network.Endpoint{}, badQuestion("%s %q: %s", name, word, text)
	}
	return network.Endpoint{}, badQuestion("%s %q: %s", name, word, `is not an AWS service; want an id (eni-…, i-…, subnet-…, vpce-…), an address, "internet", "s3", a service such as "sts", or a host name`)
}

// servesEndpoint reports whether an endpoint of the snapshot is for a service,
// such as a customer's own, that AWS's table lacks.
func (w tracer) servesEndpoint(service string) bool {
	for _, acc := range w.snap.Accounts {
		for _, r := range acc.Regions {
			if slices.ContainsFunc(r.EC2.VPCEndpoints.Items, func(e snapshot.VPCEndpoint) bool { return e.ServiceName == service }) {
				return true
			}
		}
	}
	return false
}

// endpointHost finds the endpoint in its own name:
// vpce-ID-SUFFIX[-ZONE].SERVICE.REGION.vpce.amazonaws.com.
func endpointHost(host string) (snapshot.VPCEndpointID, bool) {
	if !strings.Contains(host, ".vpce.amazonaws.com") {
		return "", false
	}
	for label := range strings.SplitSeq(host, ".") {
		if id, ok := strings.CutPrefix(label, "vpce-"); ok {
			id, _, _ = strings.Cut(id, "-")
			return snapshot.VPCEndpointID("vpce-" + id), id != "" && id != "svc"
		}
	}
	return "", false
}

// isHostName reports whether a word can be a host name with a domain. A name
// of AWS's that is no service's is none.
func isHostName(s string) bool {
	if !strings.Contains(s, ".") || strings.HasPrefix(s, "com.amazonaws.") || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
