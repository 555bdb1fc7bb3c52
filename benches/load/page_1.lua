-- Asks for the first page of ten.
function request()
  return wrk.format("GET", "/v1/customers?page_size=10")
end
