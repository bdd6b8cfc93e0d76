package snapshot

import "github.com/canreach/canreach/internal/jsonscan"

// s3 reads "s3" of an account.
func (r *reader) s3(v *S3, account *Account, base string) {
	var complete []string
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "buckets", "Buckets":
			collect(r, &v.Buckets, base+"/"+r.Key(), shape[Bucket]{func(r *reader, at Source, b *Bucket) {
				b.Account = account
				r.bucket(at, b)
			}, func(v *Bucket) string { return v.Name }, "Name"})
		case "accountPublicAccessBlock":
			v.AccountPublicAccessBlock = r.publicAccessBlock(At(base), "accountPublicAccessBlock")
		case "accessPoints", "AccessPointList":
			collect(r, &v.AccessPoints, base+"/"+r.Key(), shape[AccessPoint]{func(r *reader, at Source, p *AccessPoint) {
				p.Account = account.ID
				r.accessPoint(at, p)
			}, func(v *AccessPoint) string { return together(v.Account, v.Region, v.Name) }, "Name"})
		case "complete":
			complete = readTexts[string](r, nil)
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

// bucket reads one bucket: the answers of the S3 API's get-bucket-… calls under
// their own keys. Null says that there is none.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
func (r *reader) bucket(at Source, v *Bucket) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Name":
			v.Name = r.text()
		case "region", "BucketRegion":
			fill(&v.Region, r.text())
		case "LocationConstraint":
			fill(&v.Region, r.locationConstraint())
		case "Policy":
			v.Policy = r.document(at, "Policy")
		case "PublicAccessBlockConfiguration":
			v.PublicAccessBlock = r.publicAccessBlock(at, "PublicAccessBlockConfiguration")
		case "OwnershipControls":
			r.ownershipControls(v)
		case "ServerSideEncryptionConfiguration":
			v.Encryption = r.encryption(v.At.Child("ServerSideEncryptionConfiguration"))
		case "AccessControlPolicy":
			for ok := r.object(); ok && r.NextKey(); {
				switch r.Key() {
				case "Grants":
					v.ACL, v.ACLPresence = r.aclGrants(r.child(At(r.child(at, "AccessControlPolicy")), "Grants"))
				case "Owner":
					v.ACLOwner = r.nestedText("ID")
				default:
					r.Skip()
				}
			}
		case "Grants":
			v.ACL, v.ACLPresence = r.aclGrants(r.child(at, "Grants"))
		case "RequestPayment":
			v.Payer = r.nestedText("Payer")
		case "Payer":
			v.Payer = r.text()
		case "AbacStatus":
			r.abacStatus(v)
		case "TagSet", "Tags":
			v.TagsPresence = Collected // null: there are none
			v.Tags = r.tags()
		case "missing":
			v.Missing = r.bool()
		default:
			r.Skip()
		}
	}
}

// locationConstraint reads get-bucket-location's answer: null is us-east-1,
// and "EU" is what eu-west-1 was called.
//
// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
func (r *reader) locationConstraint() string {
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
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "BlockPublicAcls":
			v.BlockPublicACLs = r.bool()
		case "IgnorePublicAcls":
			v.IgnorePublicACLs = r.bool()
		case "BlockPublicPolicy":
			v.BlockPublicPolicy = r.bool()
		case "RestrictPublicBuckets":
			v.RestrictPublicBuckets = r.bool()
		default:
			r.Skip()
		}
	}
	return v
}

func (r *reader) ownershipControls(v *Bucket) {
	v.OwnershipPresence, v.OwnershipAt = Collected, v.At.Child("OwnershipControls")
	for ok := r.object(); ok && r.NextKey(); {
		if r.Key() != "Rules" {
			r.Skip()
			continue
		}
		for ok := r.array(); ok && r.NextItem(); {
			v.Ownership = r.nestedText("ObjectOwnership")
		}
	}
}

func (r *reader) encryption(at Source) Encryption {
	v := Encryption{Presence: Collected, At: at}
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

func (r *reader) aclGrants(base string) ([]ACLGrant, Presence) {
	if !r.array() {
		return nil, NotCollected
	}
	out := []ACLGrant{}
	for i := 0; r.NextItem(); i++ {
		g := ACLGrant{At: Source{base, int32(i)}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "Grantee":
				r.grantee(&g)
			case "Permission":
				g.Permission = r.text()
			default:
				r.Skip()
			}
		}
		out = append(out, g)
	}
	return out, Collected
}

func (r *reader) grantee(g *ACLGrant) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Type":
			g.Type = r.text()
		case "ID":
			g.ID = r.text()
		case "URI":
			g.URI = r.text()
		case "DisplayName":
			g.DisplayName = r.text()
		default:
			r.Skip()
		}
	}
}

func (r *reader) abacStatus(v *Bucket) {
	switch status := r.nestedText("Status"); status {
	case "Enabled", "Disabled":
		v.ABAC = Flag{Presence: Collected, Value: status == "Enabled", At: v.At.Child("AbacStatus")}
	}
}

// accessPoint reads one of list-access-points or get-access-point, with its
// Policy and PublicAccessBlockConfiguration.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/s3control/get-access-point.html
func (r *reader) accessPoint(at Source, v *AccessPoint) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "Name":
			v.Name = r.text()
		case "AccessPointArn":
			v.ARN = r.text()
		case "Alias":
			v.Alias = r.text()
		case "Bucket":
			v.Bucket = r.text()
		case "BucketAccountId":
			v.BucketAccount = r.text()
		case "NetworkOrigin":
			v.NetworkOrigin = r.text()
		case "VpcConfiguration":
			v.VPC = VPCID(r.nestedText("VpcId"))
		case "Policy":
			v.Policy = r.document(at, "Policy")
		case "PublicAccessBlockConfiguration":
			v.PublicAccessBlock = r.publicAccessBlock(at, "PublicAccessBlockConfiguration")
		case "region":
			v.Region = r.text()
		default:
			r.Skip()
		}
	}
	if a, ok := parseARN(v.ARN); ok {
		fill(&v.Region, a.region)
		if a.account != "" {
			v.Account = a.account
		}
	}
}
