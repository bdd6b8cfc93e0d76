package redact

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// special finds what is not replaced word by word: policy variables, AWS
// policies' ARNs, times, addresses, account ids, regions, resource ids, AWS's domain names.
var special = regexp.MustCompile(strings.Join([]string{
	`\$\{[^}]*\}`,
	`arn:[a-z-]+:iam::aws:policy/[\w+=,.@/-]+`,
	`\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?`,
	`[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?`,
	`\b(?:ip|ec2)-[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}\b`,
	`\b[0-9]{12}\b`,
	`\b[a-z]{2}(?:-[a-z]+)+-[0-9][a-z]?\b`,
	`\b(?:vpc|subnet|sg|sgr|rtb|rtbassoc|acl|aclassoc|eni|eni-attach|ela-attach|vpce|pl|dopt|igw|eigw|nat|pcx|tgw|tgw-attach|tgw-rtb|vgw|i|r|eipalloc|eipassoc|vpc-cidr-assoc|subnet-cidr-assoc|vpcbpa-exclude|vpcec|rslvr-[a-z]+|ami|vol|snap|lt|fl|cgw|vpn|vpce-svc|eice|cagw|lgw)-[0-9a-f]{8,17}\b`,
	`\b(?:AROA|AIDA|ANPA|AKIA|ASIA)[A-Z0-9]{12,}\b`,
	`\b[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?\b`,
}, "|"))

var timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}`)

// regionForm is a region or availability zone, apart from other hyphenated words.
var regionForm = regexp.MustCompile(`^(?:us|eu|ap|sa|ca|me|af|cn|il|mx)-(?:gov-|iso[a-z]?-)?(?:north|south|east|west|central)+-[0-9][a-z]?$`)

// text returns a string with what it tells of the owner replaced.
func (r *Redactor) text(s string) string {
	if isResourceID(s) {
		return s
	}
	if t, ok := r.texts[s]; ok {
		return t
	}
	t := r.replaced(s)
	if len(s) <= rememberedText && len(r.texts) < rememberedTexts {
		r.texts[s] = t
	}
	return t
}

// Most strings of a large snapshot stand in it many times: short ones are
// replaced once.
const (
	rememberedText  = 128
	rememberedTexts = 1 << 18
)

func (r *Redactor) replaced(s string) string {
	if isAddress(s) {
		return r.addresses.replace(s)
	}
	long := func(word string) bool { return len(word) >= 12 }
	if !strings.ContainsAny(s, "$:-.") && !slices.ContainsFunc(strings.Fields(s), long) { // special's have one of these or are long
		return r.plain(s)
	}
	var b strings.Builder
	from := 0
	for _, at := range special.FindAllStringIndex(s, -1) {
		b.WriteString(r.plain(s[from:at[0]]))
		b.WriteString(r.special(s[at[0]:at[1]]))
		from = at[1]
	}
	b.WriteString(r.plain(s[from:]))
	return b.String()
}

// isAddress tells whether all of s is an address or a prefix.
func isAddress(s string) bool {
	if s == "" || !strings.ContainsAny(s, ".:") || strings.IndexByte("0123456789abcdefABCDEF:", s[0]) < 0 {
		return false
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// plain replaces the words of s.
func (r *Redactor) plain(s string) string {
	var b strings.Builder
	word := 0 // where the word began that is being read
	for i, c := range s {
		if inWord(c) {
			continue
		}
		b.WriteString(r.words.replace(s[word:i]))
		b.WriteRune(c)
		word = i + utf8.RuneLen(c)
	}
	b.WriteString(r.words.replace(s[word:]))
	return b.String()
}

func (r *Redactor) special(s string) string {
	switch {
	case strings.HasPrefix(s, "${"):
		key, tag, ok := strings.Cut(strings.TrimSuffix(s, "}"), "/")
		if !ok {
			return s
		}
		return key + "/" + r.plain(tag) + "}"
	case strings.HasPrefix(s, "arn:") || timeForm.MatchString(s):
		return s
	case isService(s):
		return s
	case strings.Contains(s, ".amazonaws.com"):
		return r.plain(s)
	case regionForm.MatchString(s):
		return s
	case len(s) == 12 && strings.Trim(s, "0123456789") == "":
		return r.account(s)
	case strings.HasPrefix(s, "ip-") || strings.HasPrefix(s, "ec2-"):
		name, rest, _ := strings.Cut(s, "-")
		return name + "-" + strings.ReplaceAll(r.addresses.replace(strings.ReplaceAll(rest, "-", ".")), ".", "-")
	case strings.Count(s, ".") >= 3 && strings.Trim(s, "0123456789./") == "":
		return r.addresses.replace(s)
	case strings.HasPrefix(s, "AROA") || strings.HasPrefix(s, "AIDA") || strings.HasPrefix(s, "ANPA") || strings.HasPrefix(s, "AKIA") || strings.HasPrefix(s, "ASIA"):
		return s[:4] + strings.ToUpper(r.words.draw(strings.ToLower(s[4:]), 0))
	case resourceID.MatchString(s):
		return s
	}
	return r.plain(s)
}

// isService tells a service principal or a service's own host name from the names
// below it that owners give, such as BUCKET.s3.amazonaws.com.
func isService(host string) bool {
	name, aws := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	labels := strings.Split(name, ".")
	switch {
	case !aws:
		return false
	case len(labels) == 1:
		return true
	case len(labels) == 2:
		return regionForm.MatchString(labels[1]) || slices.Contains([]string{"application-autoscaling", "apigateway", "kms"}, labels[1])
	}
	return false
}

// idPrefixes are what EC2 puts before the digits of its ids.
var idPrefixes = set("vpc", "subnet", "sg", "sgr", "rtb", "rtbassoc", "acl", "aclassoc", "eni", "eni-attach", "ela-attach", "vpce", "pl", "dopt", "igw", "eigw", "nat", "pcx", "tgw", "tgw-attach", "tgw-rtb", "vgw", "i", "r", "eipalloc", "eipassoc", "vpc-cidr-assoc", "subnet-cidr-assoc", "vpcbpa-exclude", "vpcec",
	"ami", "vol", "snap", "lt", "fl", "cgw", "vpn", "vpce-svc", "eice", "cagw", "lgw")

// isResourceID tells whether all of s is an id that EC2 gave, quicker than
// the pattern: they are most of a large snapshot.
func isResourceID(s string) bool {
	i := strings.LastIndexByte(s, '-')
	if i < 0 || len(s)-i-1 < 8 || len(s)-i-1 > 17 || !idPrefixes[s[:i]] {
		return false
	}
	return strings.Trim(s[i+1:], "0123456789abcdef") == ""
}

var resourceID = regexp.MustCompile(`^[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,17}$`)

// account returns twelve digits for twelve digits.
func (r *Redactor) account(id string) string { return r.words.number(id) }

// number replaces digits by digits, each number by one of its own.
func (w *words) number(n string) string {
	key := "#" + n
	if t, ok := w.pieces[key]; ok {
		return t
	}
	for try := byte(0); ; try++ {
		t := w.draw(n, try)
		if _, used := w.taken["#"+t]; !used || try == 255 {
			w.pieces[key], w.taken["#"+t] = t, n
			return t
		}
	}
}

// publicWords are words that AWS, not the owner, puts into names, ARNs,
// policies and descriptions.
func publicWords() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(strings.ToLower(awsWords)) {
		m[w] = true
	}
	return m
}

const awsWords = `
arn aws cn us gov iam sts s3 ec2 kms vpc ecr logs cloudwatch sagemaker lambda organizations route53 resolver route53resolver s3express outposts
role policy user root group assumed federated key alias accesspoint bucket object function compilation training processing transform job model
notebook instance domain vpce service linked servicerole endpoint amazonaws com amazon amazonprovideddns execute api dkr
true false null local default main all http https tcp udp icmp
private public read write authenticated owner full control exec aes256 sse dsse c md5 rest header query string post aws4 hmac sha256 standard
assumedrole federateduser anonymous account principal source region default s3control
o ou r p i fullawsaccess rcpfullawsaccess
internal compute hostedzone z vpc subnet sg rtb acl eni pl dopt igw eigw nat pcx tgw attach vgw pl eipalloc
tag tags name env environment managed cloudformation
readonly readwrite log stream secret secretsmanager repository topic sns queue sqs table dynamodb parameter ssm states events ecs batch glue elasticmapreduce
none off block ingress bidirectional allow deny egress
rslvr autodefined rr assoc security prefix list profile
image volume snapshot interface network natgateway table gateway customer connection peering dhcp options elastic ip launch template association service
ami vol snap lt fl cgw vpn svc eice cagw lgw
`
