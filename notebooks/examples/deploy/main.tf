# A private bucket, and a role that signs uploads and downloads for it.
terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "bucket" {
  type        = string
  description = "The bucket's name."
}

variable "origin" {
  type        = string
  description = "The one origin whose pages may upload, such as https://app.example.com."
}

resource "aws_s3_bucket" "uploads" {
  bucket = var.bucket
}

resource "aws_s3_bucket_ownership_controls" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket                  = aws_s3_bucket.uploads.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  policy = replace(file("${path.module}/../policies/guardrails.json"), "amzn-s3-demo-bucket", aws_s3_bucket.uploads.id)
}

resource "aws_s3_bucket_cors_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  cors_rule {
    id              = "UploadsFromTheApp"
    allowed_origins = [var.origin]
    allowed_methods = ["GET", "PUT", "POST"]
    allowed_headers = ["content-type"]
    expose_headers  = ["ETag"]
    max_age_seconds = 600
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  rule {
    id     = "AbortUnfinishedUploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
  rule {
    id     = "DeleteOldVersions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }
}

resource "aws_iam_role" "signer" {
  name               = "signer"
  assume_role_policy = file("${path.module}/../policies/role-trust.json")
}

data "aws_iam_policy_document" "signer" {
  statement {
    sid       = "SignForIncoming"
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = ["${aws_s3_bucket.uploads.arn}/incoming/*"]
  }
  statement {
    sid       = "ResumeAndAbortUploads"
    actions   = ["s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.uploads.arn}/incoming/*"]
  }
}

resource "aws_iam_role_policy" "signer" {
  role   = aws_iam_role.signer.id
  policy = data.aws_iam_policy_document.signer.json
}
