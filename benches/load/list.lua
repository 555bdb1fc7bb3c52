-- Asks for pages of 20 behind tokens that the service itself gave out; `TOKENS` names their file.
local tokens = {}

function init()
  math.randomseed(os.time())
  for line in io.lines(os.getenv("TOKENS")) do
    tokens[#tokens + 1] = "/v1/customers?page_size=20&page_token=" .. line
  end
end

function request()
  return wrk.format("GET", tokens[math.random(#tokens)])
end
