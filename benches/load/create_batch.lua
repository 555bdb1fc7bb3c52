-- Creates a thousand customers in each request, with the same values as `create.lua`.
local ROWS = 1000
local count = 0
local run = 0

function init()
  math.randomseed(os.time())
  run = math.random(1000000000)
  wrk.headers["content-type"] = "application/json"
end

function request()
  local rows = {}
  for row = 1, ROWS do
    count = count + 1
    rows[row] = string.format(
      '{"email":"batch-%d-%09d@example.com","name":"New customer %09d","phone":"+4930123456","newsletter":true,"credit_limit":"123.45"}',
      run, count, count)
  end
  return wrk.format("POST", "/v1/customers:batchCreate", nil, '{"requests":[' .. table.concat(rows, ",") .. "]}")
end
