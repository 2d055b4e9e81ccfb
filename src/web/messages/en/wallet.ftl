# The wallet.
wallet = Wallet
top-up = Top up
topped-up = { $amount } is in your wallet.
entries = Entries
no-entries = Nothing has moved yet.
entry-opening = Opening balance
entry-top-up = Topped up
entry-booking = Booking
entry-refund = Refund
