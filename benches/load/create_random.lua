-- Creates customers whose names fall anywhere in the index of names: each dirties a page of its own.
local count = 0
local run = 0

function init()
  math.randomseed(os.time())
  run = math.random(1000000000)
  wrk.headers["content-type"] = "application/json"
end

function request()
  count = count + 1
  local body = string.format(
    '{"email":"new-%d-%09d@example.com","name":"Customer number %06d","phone":"+4930123456","newsletter":true,"credit_limit":"123.45"}',
    run, count, math.random(999999))
  return wrk.format("POST", "/v1/customers", nil, body)
end
