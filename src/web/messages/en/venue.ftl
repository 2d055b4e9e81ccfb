# venue
cell-free = { $pitch }, { $from } to { $to }, { $price }, free
