//% for line in doc
//! {{ line }}
//% endfor

//% for module in modules
pub mod {{ module }};
//% endfor
