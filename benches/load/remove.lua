-- Removes customers of the seed into the archive, each once, in the order in which they were made.
local count = 0

function init()
  wrk.headers["x-caller"] = "bench"
end

function request()
  count = count + 1
  return wrk.format("DELETE", string.format("/v1/customers/00000000-0000-7000-8000-%012x?reason=left", count))
end
