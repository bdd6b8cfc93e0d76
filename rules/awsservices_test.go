package rules

import "testing"

func TestFindService(t *testing.T) {
	for word, want := range map[string]Service{
		"sts":                         {"com.amazonaws.eu-west-1.sts", "sts.eu-west-1.amazonaws.com", "eu-west-1"},
		"STS.us-east-1.amazonaws.com": {"com.amazonaws.us-east-1.sts", "sts.us-east-1.amazonaws.com", "us-east-1"},
		"com.amazonaws.us-east-1.sts": {"com.amazonaws.us-east-1.sts", "sts.us-east-1.amazonaws.com", "us-east-1"},
		"ecr.api":                     {"com.amazonaws.eu-west-1.ecr.api", "api.ecr.eu-west-1.amazonaws.com", "eu-west-1"},
		"api.ecr":                     {"com.amazonaws.eu-west-1.ecr.api", "api.ecr.eu-west-1.amazonaws.com", "eu-west-1"},
		"111122223333.dkr.ecr.us-east-2.amazonaws.com": {"com.amazonaws.us-east-2.ecr.dkr", "111122223333.dkr.ecr.us-east-2.amazonaws.com", "us-east-2"},
		"iam":                              {"com.amazonaws.iam", "iam.amazonaws.com", "us-east-1"},
		"iam.amazonaws.com":                {"com.amazonaws.iam", "iam.amazonaws.com", "us-east-1"},
		"com.amazonaws.iam":                {"com.amazonaws.iam", "iam.amazonaws.com", "us-east-1"},
		"logs.cn-north-1.amazonaws.com.cn": {"com.amazonaws.cn-north-1.logs", "logs.cn-north-1.amazonaws.com.cn", "cn-north-1"},
	} {
		if got, ok := FindService(word, "eu-west-1"); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", word, got, ok, want)
		}
	}
	for _, word := range []string{"nosuchservice", "pypi.org", "nosuchservice.us-east-1.amazonaws.com", "com.amazonaws.us-east-1.nosuchservice", "sts.example.com", "", "."} {
		if got, ok := FindService(word, "eu-west-1"); ok {
			t.Errorf("%s is a service: %+v", word, got)
		}
	}
}
