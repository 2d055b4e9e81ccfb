# venue
cell-free = { $pitch },{ $from } 到 { $to },{ $price },空闲
