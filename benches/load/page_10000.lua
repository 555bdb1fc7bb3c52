-- Asks for the ten-thousandth page of ten, behind a token that the service itself gave out; `TOKENS` names the file beside it.
local path = ""

function init()
  local file = assert(io.open(os.getenv("TOKENS") .. ".deep"))
  path = "/v1/customers?page_size=10&page_token=" .. file:read()
  file:close()
end

function request()
  return wrk.format("GET", path)
end
