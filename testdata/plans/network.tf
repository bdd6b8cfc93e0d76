# What the plans beside it are of, as far as they show: written by hand.
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.ml.id
  service_name    = "com.amazonaws.us-east-1.s3"
  route_table_ids = [aws_route_table.ml.id]
  policy          = data.aws_iam_policy_document.endpoint.json
}

resource "aws_route_table" "ml_b" {
  vpc_id = aws_vpc.ml.id
}

resource "aws_route_table_association" "ml_b" {
  subnet_id      = aws_subnet.ml["us-east-1b"].id
  route_table_id = aws_route_table.ml_b.id
}
