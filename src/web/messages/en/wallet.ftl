# wallet
wallet = Wallet
