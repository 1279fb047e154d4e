"""importers - projects taken out of servers and archives and folders, and put into a server.

What is read is a stream of `Run`s, whoever made them; `Target` writes each as a client would, and goes on where an earlier
time ended. Python and not C, because reading is JSON, protocol buffers and Parquet, and writing is what clients do.
"""
