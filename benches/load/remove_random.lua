-- Removes customers of the seed into the archive, each once, from places all over the table.
local count = 0
local rows = tonumber(os.getenv("ROWS") or "100000")

function init()
  wrk.headers["x-caller"] = "bench"
end

function request()
  count = count + 1
  local id = count * 7919 % rows + 1
  return wrk.format("DELETE", string.format("/v1/customers/00000000-0000-7000-8000-%012x?reason=left", id))
end
