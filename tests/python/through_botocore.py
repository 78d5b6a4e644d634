"""Fills a ministack, and looks at it, through botocore: the AWS CLI's engine.

    through_botocore.py URL seed < world.json   prints {alias: key ARN}
    through_botocore.py URL see BUCKET...       prints one JSON object per version
    through_botocore.py URL safeguards BUCKET   prints its policy and its encryption rule
    through_botocore.py URL policy BUCKET       puts the policy that it reads
    through_botocore.py URL tries BUCKET        prints what an IAM user who may do all gets there
    through_botocore.py URL athena < SQL        executes a JSON list of statements, prints what each gives
    through_botocore.py URL quirks              prints what it does otherwise than AWS

A world is {"keys": [alias], "buckets": [{"name", "versioning", "lock",
"ownership"}], "objects": [{"bucket", "key", ...}]}. Objects are put in their order, so that a
key named twice has two versions; "delete" instead of a body deletes it, and
"versioning" among them switches the bucket's versioning on. What else an object
may have: "body", "encryption" (NOT-SSE, SSE-S3, SSE-C, or a key's alias), "put"
(more arguments of PutObject, as botocore names them).
"""

import hashlib
import json
import os
import sys
import time

import botocore.exceptions
import botocore.session

LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
HEADERS = ["ContentType", "ContentEncoding", "ContentLanguage", "ContentDisposition"]
HEADERS += ["CacheControl", "ExpiresString"]
KINDS = {None: "NOT-SSE", "AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}
CUSTOMER_KEY = "k" * 32


# Twelve digits are whose key it is: without them, the account of the tests.
ACCOUNT = os.environ.get("ACCOUNT", "test")


def client(url, service, access_key=ACCOUNT, secret="test"):
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
    )


def make_key(kms, alias):
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=alias, TargetKeyId=arn)
    return arn


def version_bucket(s3, name):
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=enabled)


def make_bucket(s3, bucket):
    lock = bucket.get("lock", False)
    s3.create_bucket(Bucket=bucket["name"], ObjectLockEnabledForBucket=lock)
    if bucket.get("ownership"):
        controls = {"Rules": [{"ObjectOwnership": bucket["ownership"]}]}
        s3.put_bucket_ownership_controls(Bucket=bucket["name"], OwnershipControls=controls)
    if bucket.get("versioning"):
        version_bucket(s3, bucket["name"])


def encryption_words(encryption, keys):
    if encryption == "NOT-SSE":
        return {}
    if encryption == "SSE-S3":
        return {"ServerSideEncryption": "AES256"}
    if encryption == "SSE-C":
        return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": CUSTOMER_KEY}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": keys[encryption]}


def put(s3, thing, keys):
    if thing.get("versioning"):
        return version_bucket(s3, thing["bucket"])
    place = {"Bucket": thing["bucket"], "Key": thing["key"]}
    if thing.get("delete"):
        return s3.delete_object(**place)
    words = encryption_words(thing.get("encryption", "NOT-SSE"), keys)
    s3.put_object(**place, Body=thing["body"].encode(), **words, **thing.get("put", {}))


def seed(url):
    world, s3, kms = json.load(sys.stdin), client(url, "s3"), client(url, "kms")
    keys = {alias: make_key(kms, alias) for alias in world["keys"]}
    for bucket in world["buckets"]:
        make_bucket(s3, bucket)
    for thing in world["objects"]:
        put(s3, thing, keys)
    print(json.dumps(keys))


def tags_of(s3, place):
    try:
        answer = s3.get_object_tagging(**place)
    except s3.exceptions.NoSuchKey:
        # Below a delete marker, ministack knows versions, but not their tags.
        return None
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def grants_of(s3, place):
    try:
        answer = s3.get_object_acl(**place)
    except s3.exceptions.NoSuchKey:
        return None
    grants = answer["Grants"]
    grantee = lambda grant: grant["Grantee"].get("URI") or grant["Grantee"].get("ID")
    return sorted([grantee(grant), grant["Permission"]] for grant in grants)


def content(s3, place, head):
    archived = head.get("StorageClass") in ("GLACIER", "DEEP_ARCHIVE")
    body = None if archived else s3.get_object(**place)["Body"].read()
    return {
        "sha256": body is not None and hashlib.sha256(body).hexdigest(),
        "size": head["ContentLength"],
        "class": head.get("StorageClass", "STANDARD"),
        "metadata": head["Metadata"],
        "headers": {name: head[name] for name in HEADERS if name in head},
        "tags": tags_of(s3, place),
        "redirect": head.get("WebsiteRedirectLocation"),
        "grants": grants_of(s3, place),
        "lock": [str(head[name]) for name in LOCK if name in head],
    }


def describe(s3, place):
    try:
        head = s3.head_object(**place)
    except botocore.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 400:
            raise
        return {"encryption": "SSE-C", "kms_key": None, "content": {}}
    return {
        "encryption": KINDS[head.get("ServerSideEncryption")],
        "kms_key": head.get("SSEKMSKeyId"),
        "content": content(s3, place, head),
    }


def see_version(s3, bucket, item, is_delete_marker):
    place = {"Bucket": bucket, "Key": item["Key"], "VersionId": item["VersionId"]}
    nothing = {"encryption": None, "kms_key": None, "content": {}}
    return {
        "bucket": bucket,
        "key": item["Key"],
        "version": item["VersionId"],
        "is_latest": item["IsLatest"],
        "is_delete_marker": is_delete_marker,
        "written": {"etag": item.get("ETag"), "at": item["LastModified"].isoformat()},
        **(nothing if is_delete_marker else describe(s3, place)),
    }


def versions_of(s3, bucket):
    """Every version, and whether it is a delete marker."""
    if s3.get_bucket_versioning(Bucket=bucket).get("Status"):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            yield from ((item, False) for item in page.get("Versions", []))
            yield from ((item, True) for item in page.get("DeleteMarkers", []))
        return
    # Lists keys that its list of versions can't spell: that one isn't encoded.
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            yield {**item, "VersionId": "null", "IsLatest": True}, False


def see(url, buckets):
    s3 = client(url, "s3")
    for bucket in buckets:
        for item, is_delete_marker in versions_of(s3, bucket):
            print(json.dumps(see_version(s3, bucket, item, is_delete_marker)))


def refusal(call, **words):
    """The code of a refusal, or None."""
    try:
        call(**words)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]


def safeguards(url, bucket):
    s3 = client(url, "s3")
    try:
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        policy = None
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    print(json.dumps({"policy": policy, "encryption": rules}))


def tries(url, bucket):
    iam, allow_all = client(url, "iam"), {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.create_user(UserName="user")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow_all]})
    iam.put_user_policy(UserName="user", PolicyName="all", PolicyDocument=policy)
    made = iam.create_access_key(UserName="user")["AccessKey"]
    s3 = client(url, "s3", made["AccessKeyId"], made["SecretAccessKey"])
    put = {"Bucket": bucket, "Key": "o", "Body": b"x"}
    upload = {"Bucket": bucket, "Key": "parts"}
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}
    found = {
        "names_nothing": refusal(s3.put_object, **put),
        "untagged_read": refusal(s3.get_object, Bucket=bucket, Key="o"),
        "names_aes256": refusal(s3.put_object, **put, ServerSideEncryption="AES256"),
        "names_kms": refusal(s3.put_object, **put, **kms),
        "begins_parts_with_kms": refusal(s3.create_multipart_upload, **upload, **kms),
        "tags": refusal(s3.put_object, **put, Tagging="sealed=yes"),
        "tagged_read": refusal(s3.get_object, Bucket=bucket, Key="o"),
        "begins_parts": refusal(s3.create_multipart_upload, **upload),
    }
    upload["UploadId"] = client(url, "s3").create_multipart_upload(**upload)["UploadId"]
    found["part"] = refusal(s3.upload_part, **upload, PartNumber=1, Body=b"x")
    print(json.dumps(found))


def quirks(url):
    s3, kms = client(url, "s3"), client(url, "kms")
    key, bucket = make_key(kms, "alias/quirks"), "quirks"
    s3.create_bucket(Bucket=bucket)
    place = {"Bucket": bucket, "Key": "o"}
    itself = {**place, "CopySource": place}
    kms_words = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": True}
    found = {}

    s3.put_object(**place, Body=b"bytes", StorageClass="STANDARD_IA")
    found["encrypts_by_default"] = "ServerSideEncryption" in s3.head_object(**place)
    found["refuses_a_copy_that_changes_nothing"] = refusal(s3.copy_object, **itself)
    found["refuses_a_wrong_source_condition"] = refusal(
        s3.copy_object, **itself, **kms_words, CopySourceIfMatch='"0"'
    )
    found["refuses_a_wrong_destination_condition"] = refusal(
        s3.copy_object, **itself, **kms_words, IfMatch='"0"'
    )
    found["refuses_dsse"] = refusal(
        s3.copy_object, **itself, ServerSideEncryption="aws:kms:dsse", SSEKMSKeyId=key
    )
    found["refuses_an_unknown_key"] = refusal(
        s3.copy_object, **itself, ServerSideEncryption="aws:kms", SSEKMSKeyId=key + "x"
    )
    found["refuses_a_foreign_owner"] = refusal(
        s3.head_object, **place, ExpectedBucketOwner="999900001111"
    )
    s3.copy_object(**itself, **kms_words)
    head = s3.head_object(**place)
    found["tells_the_key"] = head.get("SSEKMSKeyId") == key
    found["tells_the_bucket_key"] = "BucketKeyEnabled" in head
    found["a_copy_resets_the_class"] = head.get("StorageClass", "STANDARD") == "STANDARD"

    update = {"SSEKMS": {"KMSKeyArn": key, "BucketKeyEnabled": True}}
    found["refuses_an_update"] = refusal(
        s3.update_object_encryption, **place, ObjectEncryption=update
    )
    body = s3.get_object(**place)["Body"].read()
    found["an_update_replaces_the_bytes"] = body.startswith(b"<ObjectEncryption")
    print(json.dumps(found))


def rows_of(athena, execution):
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution)
    sets = [page["ResultSet"] for page in pages]
    columns = [column["Name"] for column in sets[0]["ResultSetMetadata"]["ColumnInfo"]]
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for one in sets for row in one["Rows"]]
    # Athena's first row of a SELECT is the head.
    return {"columns": columns, "rows": rows[1:] if rows[:1] == [columns] else rows}


def ask(url):
    client(url, "glue").create_database(DatabaseInput={"Name": "reports"})
    athena = client(url, "athena")
    for statement in json.load(sys.stdin):
        execution = athena.start_query_execution(
            QueryString=statement,
            QueryExecutionContext={"Database": "reports"},
            ResultConfiguration={"OutputLocation": "s3://answers/"},
        )["QueryExecutionId"]
        while True:
            found = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.02)
        if found["Status"]["State"] != "SUCCEEDED":
            sys.exit(f"{statement}\n{found['Status']}")
        print(json.dumps(rows_of(athena, execution)))


def main():
    url, verb, *rest = sys.argv[1:]
    if verb == "see":
        see(url, rest)
    elif verb == "safeguards":
        safeguards(url, *rest)
    elif verb == "tries":
        tries(url, *rest)
    elif verb == "policy":
        client(url, "s3").put_bucket_policy(Bucket=rest[0], Policy=sys.stdin.read())
    else:
        {"seed": seed, "quirks": quirks, "athena": ask}[verb](url)


if __name__ == "__main__":
    main()
