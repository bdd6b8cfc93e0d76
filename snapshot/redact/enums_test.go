package redact

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	kms "github.com/aws/aws-sdk-go-v2/service/kms/types"
	lambda "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	resolver "github.com/aws/aws-sdk-go-v2/service/route53resolver/types"
	s3 "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Every member that AWS's API model gives an enum keeps its value: a state that
// is replaced changes what the resource does.
func TestEveryEnumOfTheAPIModelsIsKept(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(typ reflect.Type, path []string)
	walk = func(typ reflect.Type, path []string) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(typ.Elem(), path)
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			for i := range typ.NumField() {
				f := typ.Field(i)
				member := f.Type
				for member.Kind() == reflect.Pointer || member.Kind() == reflect.Slice {
					member = member.Elem()
				}
				if _, enum := member.MethodByName("Values"); enum && member.Kind() == reflect.String {
					if p := (place{key: f.Name, path: path}); !p.keeps() {
						t.Errorf("%s of %s is replaced", f.Name, typ)
					}
					continue
				}
				walk(f.Type, append(path[:len(path):len(path)], f.Name))
			}
		}
	}
	for _, v := range []any{
		types.Vpc{}, types.Subnet{}, types.RouteTable{}, types.NetworkAcl{}, types.SecurityGroup{}, types.SecurityGroupRule{}, types.NetworkInterface{},
		types.Reservation{}, types.VpcEndpoint{}, types.PrefixList{}, types.ManagedPrefixList{}, types.DhcpOptions{}, types.InternetGateway{},
		types.NatGateway{}, types.VpcPeeringConnection{}, types.TransitGateway{}, types.TransitGatewayAttachment{}, types.TransitGatewayRouteTable{},
		types.TransitGatewayRoute{}, types.VpnGateway{}, types.VpcBlockPublicAccessOptions{}, types.VpcBlockPublicAccessExclusion{},
		types.VpcEncryptionControl{}, types.Address{}, kms.KeyMetadata{}, lambda.FunctionConfiguration{},
		resolver.ResolverRule{}, resolver.ResolverRuleAssociation{}, resolver.FirewallRule{}, resolver.FirewallConfig{},
		resolver.FirewallRuleGroupAssociation{}, resolver.FirewallDomainList{}, s3.ServerSideEncryptionRule{}, s3.OwnershipControls{}, s3.Grant{},
	} {
		walk(reflect.TypeOf(v), nil)
	}
	for _, p := range []place{{key: "Name", path: []string{"Tags"}}, {key: "MyState", path: []string{"Tags"}}, {key: "RoleName"}, {key: "Value", path: []string{"Tags"}}} {
		if p.keeps() {
			t.Errorf("%+v is kept", p)
		}
	}
}
