package snapshot

import (
	"maps"
	"reflect"
	"slices"
	"unsafe"

	"github.com/canreach/canreach/internal/jsonscan"
)

// S3 is one account's buckets and its own settings.
type S3 struct {
	Buckets                  Collection[Bucket]
	AccountPublicAccessBlock PublicAccessBlock       // accountPublicAccessBlock
	AccessPoints             Collection[AccessPoint] // accessPoints
}

// PublicAccessBlock is the four settings. With Presence Collected and None
// set there is no configuration, which is all four off (P263).
type PublicAccessBlock struct {
	Presence                                                                    Presence
	None                                                                        bool
	Gap                                                                         *Gap
	At                                                                          Source
	BlockPublicACLs, IgnorePublicACLs, BlockPublicPolicy, RestrictPublicBuckets bool
}

// Bucket is one bucket with what the S3 API tells of it.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
type Bucket struct {
	At                Source
	Name              string   `aws:"Name"`
	Account           *Account // owner
	Region            string   `aws:"region|BucketRegion"` // "us-east-1", also where get-bucket-location says null; empty: not told
	RegionGap         *Gap
	Policy            Document `aws:"Policy"`
	PublicAccessBlock PublicAccessBlock
	Ownership         string // ObjectOwnership; empty with OwnershipPresence Collected: none set (P247)
	OwnershipPresence Presence
	OwnershipAt       Source
	Encryption        Encryption
	ACL               []ACLGrant `aws:"Grants"`
	ACLOwner          string     // canonical user id of the bucket's owner; "" where it is not told
	ACLPresence       Presence   `known:"Grants"`
	Payer             string     `aws:"RequestPayment.Payer|Payer"` // "Requester" or "BucketOwner"; empty: not told
	ABAC              Flag
	Tags              []Tag
	TagsPresence      Presence
	Missing           bool `aws:"missing"` // head-bucket or get-bucket-location said NoSuchBucket / 404
}

// member reads the answers of the S3 API's get-bucket-… calls that stand under
// their own keys. Null says that there is none.
func (v *Bucket) member(r *reader, key string) bool {
	switch key {
	case "LocationConstraint":
		fill(&v.Region, r.locationConstraint())
	case "PublicAccessBlockConfiguration":
		v.PublicAccessBlock = r.publicAccessBlock(v.At, key)
	case "OwnershipControls":
		r.ownershipControls(v)
	case "ServerSideEncryptionConfiguration":
		v.Encryption = r.encryption(v.At.Child(key))
	case "AccessControlPolicy":
		r.accessControlPolicy(v)
	case "AbacStatus":
		r.abacStatus(v)
	case "TagSet", "Tags":
		v.TagsPresence = Collected // null: there are none
		v.Tags = r.tags()
	default:
		return false
	}
	return true
}

func (r *reader) accessControlPolicy(v *Bucket) {
	base := r.child(At(r.child(v.At, "AccessControlPolicy")), "Grants")
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Grants":
			if listReaders[reflect.TypeFor[[]ACLGrant]()](r, base, unsafe.Pointer(&v.ACL)) {
				v.ACLPresence = Collected
			}
		case "Owner":
			v.ACLOwner = r.nestedText("ID")
		default:
			r.Skip()
		}
	}
}

// Encryption is a bucket's default encryption.
type Encryption struct {
	Presence  Presence
	Gap       *Gap
	At        Source
	Algorithm string // "AES256", "aws:kms", "aws:kms:dsse"; empty with Collected: none
	KeyID     string // KMSMasterKeyID: id, alias or ARN; empty with aws:kms: the account's aws/s3 key
	BucketKey bool
}

// ACLGrant is one grant of a bucket ACL.
type ACLGrant struct {
	At          Source
	Type        string `aws:"Grantee.Type,required"` // CanonicalUser, Group, AmazonCustomerByEmail
	ID          string `aws:"Grantee.ID"`
	URI         string `aws:"Grantee.URI"`
	DisplayName string `aws:"Grantee.DisplayName"`
	Permission  string `aws:"Permission,required"`
}

// AccessPoint is one S3 access point.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/s3control/get-access-point.html
type AccessPoint struct {
	At                Source
	Name              string `aws:"Name"`
	ARN               string `aws:"AccessPointArn"`
	Alias             string `aws:"Alias"`
	Account           string
	Bucket            string   `aws:"Bucket"`
	BucketAccount     string   `aws:"BucketAccountId"`
	NetworkOrigin     string   `aws:"NetworkOrigin"` // "Internet" or "VPC"
	VPC               VPCID    `aws:"VpcConfiguration.VpcId"`
	Policy            Document `aws:"Policy"`
	PublicAccessBlock PublicAccessBlock
	Region            string `aws:"region"`
}

func (v *AccessPoint) member(r *reader, key string) bool {
	if key != "PublicAccessBlockConfiguration" {
		return false
	}
	v.PublicAccessBlock = r.publicAccessBlock(v.At, key)
	return true
}

func (v *AccessPoint) finish(*reader) {
	if a, ok := parseARN(v.ARN); ok {
		fill(&v.Region, a.region)
		if a.account != "" {
			v.Account = a.account
		}
	}
}

var (
	readBucket      = tagged[Bucket]()
	readAccessPoint = tagged[AccessPoint]()
)

// s3 reads "s3" of an account.
func (r *reader) s3(v *S3, account *Account, base string) {
	var complete []string
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "buckets", "Buckets":
			collect(r, &v.Buckets, base+"/"+r.Key(), shape[Bucket]{func(r *reader, at Source, b *Bucket) {
				b.Account = account
				readBucket(r, at, b)
			}, func(v *Bucket) string { return v.Name }, "Name"})
		case "accountPublicAccessBlock":
			v.AccountPublicAccessBlock = r.publicAccessBlock(At(base), "accountPublicAccessBlock")
		case "accessPoints", "AccessPointList":
			collect(r, &v.AccessPoints, base+"/"+r.Key(), shape[AccessPoint]{func(r *reader, at Source, p *AccessPoint) {
				p.Account = account.ID
				readAccessPoint(r, at, p)
			}, func(v *AccessPoint) string { return together(v.Account, v.Region, v.Name) }, "Name"})
		case "complete":
			complete = readTexts[string](r)
		default:
			r.Skip()
		}
	}
	for _, name := range complete {
		switch name {
		case "buckets", "Buckets":
			v.Buckets.Complete = true
		case "accessPoints", "AccessPointList":
			v.AccessPoints.Complete = true
		}
	}
}

// locationConstraint reads get-bucket-location's answer: null is us-east-1,
// and "EU" is what eu-west-1 was called.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
func (r *values) locationConstraint() string {
	if r.Peek() == jsonscan.Null {
		r.Null()
		return "us-east-1"
	}
	switch region := r.text(); region {
	case "":
		return "us-east-1"
	case "EU":
		return "eu-west-1"
	default:
		return region
	}
}

func (r *reader) publicAccessBlock(at Source, key string) PublicAccessBlock {
	v := PublicAccessBlock{Presence: Collected, At: at.Child(key)}
	if r.Peek() == jsonscan.Null {
		r.Null()
		v.None = true
		return v
	}
	settings := map[string]*bool{"BlockPublicAcls": &v.BlockPublicACLs, "IgnorePublicAcls": &v.IgnorePublicACLs,
		"BlockPublicPolicy": &v.BlockPublicPolicy, "RestrictPublicBuckets": &v.RestrictPublicBuckets}
	for ok := r.object(); ok && r.NextKey(); {
		into := settings[r.Key()]
		if into == nil || r.Peek() == jsonscan.Null {
			r.Skip()
			continue
		}
		delete(settings, r.Key())
		*into = r.bool()
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		v.Presence, v.Gap = Unreadable, r.lacks(v.At, name)
	}
	return v
}

func (r *reader) ownershipControls(v *Bucket) {
	v.OwnershipPresence, v.OwnershipAt = Collected, v.At.Child("OwnershipControls")
	none := r.Peek() == jsonscan.Null
	for ok := r.object(); ok && r.NextKey(); {
		if r.Key() != "Rules" {
			r.Skip()
			continue
		}
		for ok := r.array(); ok && r.NextItem(); {
			v.Ownership = r.nestedText("ObjectOwnership")
		}
	}
	if !none && v.Ownership == "" {
		v.OwnershipPresence = Unreadable
		r.lacks(v.OwnershipAt, "ObjectOwnership")
	}
}

func (r *reader) encryption(at Source) Encryption {
	v := Encryption{Presence: Collected, At: at}
	none := r.Peek() == jsonscan.Null
	for ok := r.object(); ok && r.NextKey(); {
		if r.Key() != "Rules" {
			r.Skip()
			continue
		}
		for ok := r.array(); ok && r.NextItem(); {
			for ok := r.object(); ok && r.NextKey(); {
				switch r.Key() {
				case "ApplyServerSideEncryptionByDefault":
					r.defaultEncryption(&v)
				case "BucketKeyEnabled":
					v.BucketKey = r.bool()
				default:
					r.Skip()
				}
			}
		}
	}
	if !none && v.Algorithm == "" { // (P370)
		v.Presence, v.Gap = Unreadable, r.lacks(at, "SSEAlgorithm")
	}
	return v
}

func (r *reader) defaultEncryption(v *Encryption) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "SSEAlgorithm":
			v.Algorithm = r.text()
		case "KMSMasterKeyID":
			v.KeyID = r.text()
		default:
			r.Skip()
		}
	}
}

func (r *values) abacStatus(v *Bucket) {
	switch status := r.nestedText("Status"); status {
	case "Enabled", "Disabled":
		v.ABAC = Flag{Presence: Collected, Value: status == "Enabled", At: v.At.Child("AbacStatus")}
	}
}
