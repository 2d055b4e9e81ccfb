# wallet
wallet = 钱包
