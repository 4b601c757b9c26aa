"""`tutor.sandbox`: names that Theano's programs import from there."""
