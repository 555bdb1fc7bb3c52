-- Asks for customers by id, evenly over the 100,000 of the seed.
function init()
  math.randomseed(os.time())
end

function request()
  return wrk.format("GET", string.format("/v1/customers/00000000-0000-7000-8000-%012x", math.random(100000)))
end
