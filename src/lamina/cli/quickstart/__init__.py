"""The quickstart of the README, as two scripts: `train` makes a model file, `reload` opens it elsewhere.

They are written as a user would write them; `lamina demo` runs them and shows what happens.
"""
