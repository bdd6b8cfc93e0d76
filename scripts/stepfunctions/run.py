"""Runs organization.asl.json in moto's interpreter, with functions that do
nothing: the definition is read, and both maps run to their end."""

import io
import json
import os
import sys
import time
import zipfile

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
import boto3  # noqa: E402
from moto import mock_aws  # noqa: E402

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}, "Action": "sts:AssumeRole"}]}


@mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}})
def main() -> int:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="shards")
    for key in ("phase1.json", "phase2.json"):
        s3.put_object(Bucket="shards", Key=key, Body=json.dumps([{"id": "a"}, {"id": "b"}]))
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as z:
        z.writestr("f.py", "def h(e, c): return e")
    for name in ("canreach-worker", "canreach-plan"):
        boto3.client("lambda").create_function(FunctionName=name, Runtime="python3.12", Role=role, Handler="f.h", Code={"ZipFile": code.getvalue()})
    sf = boto3.client("stepfunctions")
    with open(os.path.join(os.path.dirname(__file__), "organization.asl.json"), encoding="utf-8") as f:
        machine = sf.create_state_machine(name="organization", definition=f.read(), roleArn=role)["stateMachineArn"]
    run = sf.start_execution(stateMachineArn=machine, input=json.dumps({"bucket": "shards", "phase1": "phase1.json", "phase2": "phase2.json"}))["executionArn"]
    for _ in range(120):
        status = sf.describe_execution(executionArn=run)["status"]
        if status != "RUNNING":
            break
        time.sleep(0.5)
    maps = [e["type"] for e in sf.get_execution_history(executionArn=run)["events"]].count("MapRunSucceeded")
    print(f"Step Functions: {status}, {maps} map runs")
    return 0 if status == "SUCCEEDED" and maps == 2 else 1


if __name__ == "__main__":
    sys.exit(main())
